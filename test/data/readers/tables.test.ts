import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails, fileOf, rowsOf } from "./row-files.js";

test("a TSV row has its header's names, and a quote is a character like any other", async () => {
  const path = fileOf("plain.tsv", 'sentence\tlabel\n"open\t1\nit\'s "so" so\t0\n');
  assert.deepEqual(await rowsOf(path), [
    [{ sentence: '"open', label: "1" }, "plain.tsv, line 2"],
    [{ sentence: 'it\'s "so" so', label: "0" }, "plain.tsv, line 3"],
  ]);
});

test("a TSV cell that is quoted as in CSV is told once, and read as it stands", async () => {
  const told: string[] = [];
  const read = (content: string) =>
    rowsOf(fileOf("quoted.tsv", content), { notify: (message) => told.push(message) });
  const cell = '"He said ""hi"""';
  const [first] = await read(`text\tlabel\n${cell}\t1\n${cell}\t0\n`);
  assert.deepEqual(first![0], { text: cell, label: "1" });
  assert.equal(told.length, 1);
  assert.match(
    told[0]!,
    /quoted\.tsv, line 2: cells keep their quotes, .* read it as \.csv, which may have tabs/,
  );
  await read('text\tlabel\n"so"\t1\n"a" "b"\t0\n"\t2\n');
  assert.equal(told.length, 1);
});

test("a header that comes again is no row", async () => {
  const tables = {
    "joined.csv": "text,label\na,1\ntext,label\nb,2\n",
    "joined.tsv": "text\tlabel\na\t1\ntext\tlabel\n",
    "marked.csv": "\ufefftext,label\na,1\n\ufefftext,label\nb,2\n",
  };
  for (const [name, content] of Object.entries(tables))
    await assertFails(
      fileOf(name, content),
      `${name}, line 3: Expected a row but received the header again ("text", "label")`,
    );
  assert.equal((await rowsOf(fileOf("words.csv", "text\na\ntext\n"))).length, 2);
});

test("a CSV cell in quotes may hold commas, quotes and line breaks, and lines are counted past them", async () => {
  const content = 'text,label\r\n"a, ""b""",x\r\n"two\r\nlines\r\nmore",y\r\n\r\nlast,z\r\n';
  assert.deepEqual(await rowsOf(fileOf("quoted.csv", content)), [
    [{ text: 'a, "b"', label: "x" }, "quoted.csv, line 2"],
    [{ text: "two\nlines\nmore", label: "y" }, "quoted.csv, line 3"],
    [{ text: "last", label: "z" }, "quoted.csv, line 7"],
  ]);
});

test("a row with too few or too many columns is named by file and line", async () => {
  const message = (location: string, cells: number) =>
    `${location}: Expected 2 columns ("text", "label") but received ${cells}`;
  await assertFails(fileOf("few.tsv", "text\tlabel\na\t1\n\nb\n"), message("few.tsv, line 4", 1));
  await assertFails(fileOf("many.tsv", "text\tlabel\na\tb\t1\n"), message("many.tsv, line 2", 3));
  await assertFails(fileOf("few.csv", 'text,label\n"a\nb",1\nc\n'), message("few.csv, line 4", 1));
  await assertFails(fileOf("many.csv", "text,label\na,b,1\n"), message("many.csv, line 2", 3));
});

test("columns of a table without a header are named by the caller, and a header that has one of the names is one where that may be", async () => {
  const columnNames = ["source", "label", "sentence"];
  const rows = [
    [{ source: "gj04", label: "1", sentence: "a" }, "bare.tsv, line 1"],
    [{ source: "gj04", label: "0", sentence: "b" }, "bare.tsv, line 2"],
  ];
  assert.deepEqual(await rowsOf(fileOf("bare.tsv", "gj04\t1\ta\ngj04\t0\tb\n"), { columnNames }), rows);
  assert.deepEqual(
    await rowsOf(fileOf("test.tsv", "index\tsentence\n0\ta\n"), { columnNames, mayHaveOtherHeader: true }),
    [[{ index: "0", sentence: "a" }, "test.tsv, line 2"]],
  );
  await assert.rejects(rowsOf(fileOf("short.csv", "gj04,1\n"), { columnNames }), {
    message: /short.csv, line 1: Expected 3 columns \("source", "label", "sentence"\) but received 2$/,
  });
});

test("rows with too few or too many columns are passed over where the caller is told of them", async () => {
  for (const [name, separator] of [
    ["gaps.tsv", "\t"],
    ["gaps.csv", ","],
  ] as const) {
    const path = fileOf(name, ["a,b", "1,2", "3", "4,5,6", "7,8\n"].join("\n").replaceAll(",", separator));
    const broken: string[] = [];
    const rows = await rowsOf(path, { onBrokenRow: (location) => broken.push(location) });
    assert.deepEqual(
      rows.map(([fields]) => fields),
      [
        { a: "1", b: "2" },
        { a: "7", b: "8" },
      ],
    );
    assert.deepEqual(broken, [`${path}, line 3`, `${path}, line 4`]);
  }
});

test("a quote that is never closed is named where it opens, in bounded time", async () => {
  const path = fileOf("endless.csv", `text,label\na,1\n"b,2\n${"a line of text,1\n".repeat(1_500_000)}`);
  await assertFails(
    path,
    "endless.csv, line 3: Expected the quote that opens a cell here to be closed but received more than 16777216 characters",
  );
});

test("the cells of a .csv file may be separated by semicolons or tabs, as its header shows", async () => {
  const expected = [[{ text: "a, b", label: "1;2" }, "other.csv, line 2"]];
  for (const content of [
    'text;label\na, b;"1;2"\n',
    "text\tlabel\na, b\t1;2\n",
    '"text";"label"\n"a, b";"1;2"\n',
  ])
    assert.deepEqual(await rowsOf(fileOf("other.csv", content)), expected);
  const oneColumn = fileOf("one.csv", '"a;b"\nc;d\n');
  assert.deepEqual(await rowsOf(oneColumn), [[{ "a;b": "c;d" }, "one.csv, line 2"]]);
});

test("a table without a header line has the names that are given, in order, and a header of just these is none of its rows", async () => {
  const columnNames = ["label", "text"];
  const expected = [{ label: "pos", text: "a, b" }];
  for (const [name, content] of [
    ["bare.tsv", "pos\ta, b\n"],
    ["bare.csv", 'pos,"a, b"\n'],
    ["header.csv", 'label,text\npos,"a, b"\n'],
  ] as const) {
    const rows = await rowsOf(fileOf(name, content), { columnNames });
    assert.deepEqual(
      rows.map(([fields]) => fields),
      expected,
      name,
    );
  }
  const semicolons = fileOf("semicolons.csv", "pos;a, b\nneg;c\nneg;d\n");
  assert.equal((await rowsOf(semicolons, { columnNames })).length, 3);
  assert.deepEqual((await rowsOf(semicolons, { columnNames }))[0]![0], expected[0]);
  await assert.rejects(rowsOf(fileOf("two.csv", "a,x\nb,y\n"), { columnNames: ["text"] }), {
    code: "ERR_DATA",
    message: /two\.csv, line 1: Expected 1 columns \("text"\) but received 2$/,
  });
  const data = fileOf("like header.tsv", "label\ta text whose label is label\n");
  assert.equal((await rowsOf(data, { columnNames })).length, 1);
  await assert.rejects(rowsOf(fileOf("three.csv", "a,b,c\n"), { columnNames }), {
    code: "ERR_DATA",
    message: /three\.csv, line 1: Expected 2 columns \("label", "text"\) but received 3$/,
  });
});

test("names of columns are refused for what has names of its own", async () => {
  const columnNames = ["label", "text"];
  const refused = { code: "ERR_OPTION", option: "columnNames" };
  await assert.rejects(rowsOf(fileOf("own.jsonl", '{"text": "a"}\n'), { columnNames }), refused);
  await assert.rejects(rowsOf([{ text: "a" }], { columnNames }), refused);
  const beside = (other: string) => rowsOf([{ text: "a" }], { columnNames, others: [other] });
  assert.equal((await beside("dev.CSV")).length, 1, "they may be meant for the other source");
  assert.equal((await beside("-")).length, 1);
  await assert.rejects(beside("dev.jsonl"), refused);
});
