import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { textIn } from "../../../lib/data/readers/columns.js";
import { readLines } from "../../../lib/data/readers/lines.js";
import { type RowInput, type RowReading, readRows } from "../../../lib/data/readers/rows.js";
import type { RowSource } from "../../../lib/options/row-options.js";
import { assertFails, directory, fileOf, rowsOf } from "./row-files.js";

test("lines that old Macs ended are refused, and a carriage return within a line is a part of it", async () => {
  for (const name of ["mac.csv", "mac.tsv", "mac.jsonl"])
    await assertFails(
      fileOf(name, "text\ra\rb\r"),
      `${name}: Expected lines that end in a line feed but received carriage returns alone (tr '\\r' '\\n' makes line feeds of them)`,
    );
  assert.deepEqual(await rowsOf(fileOf("within.csv", "text\na\rb\rc\n")), [
    [{ text: "a\rb\rc" }, "within.csv, line 2"],
  ]);
});

test("a JSON line keeps its types, and U+2028 in a string is no line break", async () => {
  const content = '{"text": "a\u2028b", "label": 1}\n\n{"text": "c", "label": true}';
  assert.deepEqual(await rowsOf(fileOf("typed.jsonl", content)), [
    [{ text: "a\u2028b", label: 1 }, "typed.jsonl, line 1"],
    [{ text: "c", label: true }, "typed.jsonl, line 3"],
  ]);
});

test("a byte-order mark and CRLF are no part of the data, nor is a missing last line break an error", async () => {
  assert.deepEqual(await rowsOf(fileOf("bom.tsv", "\ufefftext\tlabel\r\na\t1\r\nb\t2")), [
    [{ text: "a", label: "1" }, "bom.tsv, line 2"],
    [{ text: "b", label: "2" }, "bom.tsv, line 3"],
  ]);
  assert.deepEqual(await rowsOf(fileOf("bom.csv", "\ufefftext\na")), [[{ text: "a" }, "bom.csv, line 2"]]);
  assert.deepEqual(await rowsOf(fileOf("bom.jsonl", '\ufeff{"text":"a"}\r\n')), [
    [{ text: "a" }, "bom.jsonl, line 1"],
  ]);
});

test("arrays, iterables and async iterables of objects are numbered from row 1", async () => {
  const objects = [{ text: "a" }, { text: "b" }];
  async function* later() {
    yield* objects;
  }
  const expected = [
    [{ text: "a" }, "row 1"],
    [{ text: "b" }, "row 2"],
  ];
  for (const source of [objects, new Set(objects), later()]) assert.deepEqual(await rowsOf(source), expected);
});

test("a limit takes the first rows and closes the source without reading on", async () => {
  let closed = false;
  function* endless() {
    try {
      for (let number = 0; ; number++) yield { number };
    } finally {
      closed = true;
    }
  }
  assert.deepEqual((await rowsOf(endless(), { limit: 2 })).length, 2);
  assert.ok(closed);
  for (const name of ["broken.tsv", "broken.csv"]) {
    const separator = name.endsWith("tsv") ? "\t" : ",";
    const path = fileOf(name, `a${separator}b\n1${separator}2\n3\n`);
    assert.deepEqual(await rowsOf(path, { limit: 1 }), [[{ a: "1", b: "2" }, `${name}, line 2`]]);
  }
  const path = fileOf("broken.jsonl", '{"a": 1}\n{"a": \n');
  assert.deepEqual(await rowsOf(path, { limit: 1 }), [[{ a: 1 }, "broken.jsonl, line 1"]]);
  const objects = [{ a: 1 }, "no object"] as unknown as RowSource;
  assert.deepEqual(await rowsOf(objects, { limit: 1 }), [[{ a: 1 }, "row 1"]]);
});

test("a limit ends before a quote that is never closed and rows of other lengths behind it", async () => {
  const rows = Array.from({ length: 1000 }, (_, index) => `${index},b\n`).join("");
  for (const [name, broken] of [
    ["open", 'x,"never closed\n'],
    ["short", "x\n"],
  ] as const) {
    const path = fileOf(`${name}-behind.csv`, `a,b\n${rows}${broken}`);
    assert.equal((await rowsOf(path, { limit: 10 })).length, 10, name);
    assert.equal((await rowsOf(path, { limit: 1000 })).length, 1000, name);
    await assertFails(path, new RegExp(`^${name}-behind.csv, line 1002: `));
  }
});

test("a limit does not wait for rows behind it", async () => {
  let asked = 0;
  async function* slow() {
    for (;;) {
      if (++asked > 2) throw new Error("a row was asked for that no one needs");
      yield { number: asked };
    }
  }
  assert.equal((await rowsOf(slow(), { limit: 2 })).length, 2);
  assert.equal(asked, 2);
});

test("rows come in arrays, none of them empty, which a source of arrays has as it gives them", async () => {
  const rows = Array.from({ length: 2500 }, (_, number) => ({ number }));
  const lengthsOf = async (source: RowInput, reading?: RowReading) => {
    const lengths: number[] = [];
    for await (const some of readRows(source, reading)) lengths.push(some.length);
    return lengths;
  };
  assert.deepEqual(await lengthsOf(rows), [1024, 1024, 452]);
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  assert.equal(
    (await lengthsOf(fileOf("many.jsonl", lines))).reduce((sum, length) => sum + length),
    2500,
  );
  async function* arrays() {
    yield rows.slice(0, 3);
    yield [];
    yield rows.slice(3, 5);
  }
  assert.deepEqual(await lengthsOf({ arrays: arrays() }), [3, 2]);
  assert.deepEqual(await lengthsOf({ arrays: arrays() }, { limit: 4 }), [3, 1]);
});

test("lines longer than the pieces a file is read in, and characters across their edges, come out whole", async () => {
  const lines = ["é".repeat(100_000), "", "😀".repeat(50_001), `x${"中".repeat(70_000)}`, "end"];
  const received: string[] = [];
  for await (const batch of readLines(fileOf("long.txt", lines.join("\n")))) received.push(...batch);
  assert.deepEqual(received, lines);
});

test("a file that is missing, a directory, of another kind, or empty is named", async () => {
  await assertFails(
    join(directory, "nowhere.tsv"),
    /^nowhere.tsv: Expected a readable file but received ENOENT/,
  );
  await assertFails(
    fileOf("data.txt", "a\n"),
    "data.txt: Expected a file that ends in .tsv, .csv, .jsonl or .parquet but received .txt",
  );
  for (const name of ["empty.tsv", "empty.csv", "empty.jsonl"]) {
    await assertFails(fileOf(name, ""), `${name}: Expected at least one row but received none`);
  }
  await assertFails(
    fileOf("header.tsv", "a\tb\n"),
    "header.tsv: Expected at least one row but received none",
  );
  await assertFails([], "the rows given: Expected at least one row but received none");
  mkdirSync(join(directory, "folder.tsv"));
  await assertFails(
    join(directory, "folder.tsv"),
    /^folder.tsv: Expected a readable file but received EISDIR/,
  );
});

test("broken quoting, broken JSON, a repeated column and bytes that are no UTF-8 are named by file and line", async () => {
  await assertFails(
    fileOf("open.csv", 'text,label\na,1\n"b,2\nc,3\n'),
    "open.csv, line 3: Expected the quote that opens a cell here to be closed but received the end of the file",
  );
  await assertFails(
    fileOf("inside.csv", 'text,label\na "b",1\n'),
    'inside.csv, line 2: Expected a quote to begin its cell, or doubled in a cell in quotes, but received one inside "a \\"b\\""',
  );
  const behind = 'Expected "," or the end of the line behind the quote that closes a cell but received';
  await assertFails(fileOf("behind.csv", 'text,label\n"a"b,1\n'), `behind.csv, line 2: ${behind} "b,1"`);
  await assertFails(
    fileOf("forgotten.csv", 'text,label\n"a,1\nb,2\n"c",3\n'),
    `forgotten.csv, line 2: ${behind} "c\\",3" on line 4`,
  );
  await assertFails(
    fileOf("cut.jsonl", '{"text": "a"}\n{"text": "b\n'),
    /^cut.jsonl, line 2: Expected a JSON object but received broken JSON/,
  );
  await assertFails(
    fileOf("twice.tsv", "a\tb\ta\n1\t2\t3\n"),
    'twice.tsv, line 1: Expected a header with distinct column names but received "a" twice',
  );
  const latin1 = Buffer.concat([
    Buffer.from("text\tlabel\nfine\t0\n"),
    Buffer.from("caf\xe9\t1\n", "latin1"),
  ]);
  await assertFails(fileOf("latin1.tsv", latin1), /^latin1.tsv, line 3: Expected text in UTF-8/);
  await assertFails(
    fileOf("cut.tsv", Buffer.from("text\na é").subarray(0, -1)),
    /^cut.tsv, line 2: Expected text in UTF-8/,
  );
});

test("a row that is no object is named", async () => {
  const what = 'Expected an object such as {"text": "...", "label": "..."}';
  await assertFails(
    fileOf("list.jsonl", '{"text": "a"}\n["b"]\n'),
    `list.jsonl, line 2: ${what} but received an array of 1 element`,
  );
  await assertFails([{ text: "a" }, "b"] as unknown as RowSource, `row 2: ${what} but received "b"`);
  await assertFails([{ text: "a" }, null] as unknown as RowSource, `row 2: ${what} but received null`);
});

test("a file that is no text is named for what it is", async () => {
  const kinds: [string, Uint8Array, RegExp][] = [
    ["gzip in gzip", gzipSync(gzipSync("text\tlabel\n")), /a gzip file: unpack it/],
    ["xlsx", Buffer.from("PK\x03\x04..."), /a zip archive, as \.xlsx files are/],
    ["parquet", Buffer.from("PAR1..."), /a Parquet file/],
    ["utf16le", Buffer.from("\ufefftext\tlabel\n", "utf16le"), /text in UTF-16: save it in UTF-8$/],
    ["utf16be", Buffer.from("\ufefftext\tlabel\n", "utf16le").swap16(), /text in UTF-16/],
    ["utf16 without a mark", Buffer.from("text\tlabel\n", "utf16le"), /bytes that are zero/],
    ["zeros", new Uint8Array(100_000), /bytes that are zero/],
    [
      "pointer",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
      /a Git LFS pointer/,
    ],
  ];
  for (const [kind, bytes, what] of kinds)
    for (const extension of [".tsv", ".csv", ".jsonl"]) {
      const name = `${kind}${extension}`;
      await assertFails(
        fileOf(name, bytes),
        new RegExp(`^${name}: Expected text in UTF-8 but received .*${what.source}`),
      );
    }
});

test("a line too long for any text is an error with its number, not one of JavaScript's strings", async () => {
  async function* bytes() {
    yield Buffer.from("text\na\n");
    const chunk = Buffer.alloc(2 ** 24, "x");
    for (let count = 0; count < 40; count++) yield chunk; // 640 MB, more than a string can hold
  }
  const read = async () => {
    for await (const _ of readLines("long.tsv", bytes()));
  };
  await assert.rejects(read(), {
    code: "ERR_DATA",
    message: "long.tsv, line 3: Expected a line of at most 134217728 characters but received a longer one",
  });
});

test("columns are only those that a row has itself", async () => {
  for (const column of ["constructor", "toString", "__proto__"]) {
    const [row] = (await readRows([{ text: "a" }]).next()).value!;
    assert.throws(() => textIn(row!, column), /Expected a column named .* but received the columns "text"$/);
  }
});
