import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RowSource } from "../../../lib/options/row-options.js";
import {
  readTaggingRows,
  type TaggingRow,
  type TaggingRowOptions,
} from "../../../lib/tasks/token-classification/rows.js";
import { detectScheme, isTagOf } from "../../../lib/tasks/token-classification/scheme.js";

const WNUT17 = "../shared/data/wnut17";
const directory = mkdtempSync(join(tmpdir(), "libbert-tagging-"));
after(() => rmSync(directory, { recursive: true }));

function fileOf(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function rowsOf(source: RowSource, options?: TaggingRowOptions): Promise<TaggingRow[]> {
  const rows: TaggingRow[] = [];
  for await (const some of readTaggingRows(source, options)) rows.push(...some);
  return rows;
}

/** Words and tags of each row: `Anna/B-person sings/O`. */
async function taggedIn(source: RowSource): Promise<string[]> {
  return (await rowsOf(source)).map((row) => {
    assert.equal(row.kind, "words");
    return row.kind === "words" ? row.words.map((word, index) => `${word}/${row.tags[index]}`).join(" ") : "";
  });
}

/** Asserts that reading fails with just this sentence, the directory's name taken off. */
async function assertFails(source: RowSource, message: string): Promise<void> {
  await assert.rejects(rowsOf(source), (error: Error & { code: string }) => {
    assert.equal(error.code, "ERR_DATA");
    assert.equal(error.message.replaceAll(`${directory}/`, ""), message);
    return true;
  });
}

test("a CoNLL file has a word a line, the tag in its last column, and blank lines between sentences", async () => {
  const path = fileOf("plain.conll", "Anna\tB-person\nsings\tO\n\n\nHere\tO\n");
  assert.deepEqual(await taggedIn(path), ["Anna/B-person sings/O", "Here/O"]);
});

test("columns may be four, apart by tabs or by any number of spaces", async () => {
  const expected = ["Anna/I-PER sings/O"];
  assert.deepEqual(await taggedIn(fileOf("four.txt", "Anna NNP I-NP I-PER\nsings VBZ I-VP O\n")), expected);
  assert.deepEqual(await taggedIn(fileOf("spaces.bio", "Anna   I-PER \nsings  O\n")), expected);
  assert.deepEqual(await taggedIn(fileOf("tabs.iob", "Anna\tNNP\tx\tI-PER\nsings\tVBZ\tx\tO")), expected);
  assert.deepEqual(await taggedIn(fileOf("two words.conll", "New York\tB-place\n")), ["New York/B-place"]);
});

test("a line of white space alone, CRLF and a byte-order mark are no words", async () => {
  const path = fileOf("odd.conll", "\ufeffAnna\tB-person\r\n\t\r\nsings\tO\r\n \u00a0\nHere\tO\n");
  assert.deepEqual(await taggedIn(path), ["Anna/B-person", "sings/O", "Here/O"]);
});

test("-DOCSTART- begins a document, and ends a sentence", async () => {
  const path = fileOf(
    "documents.conll",
    "Before O\n-DOCSTART- -X- O O\n\nAnna O\n\nsings O\n-DOCSTART- -X- O O\nHere O\n",
  );
  const documents = (await rowsOf(path)).map(({ document }) => document);
  assert.deepEqual(documents, [null, 1, 1, 2]);
});

test("rows and words of a file are named by their lines", async () => {
  const path = fileOf("locations.conll", "\nAnna\tO\nsings\tO\n\nHere\tO\n");
  const [first, second] = await rowsOf(path);
  assert.equal(first!.location, `${path}, line 2`);
  assert.equal(first!.locationOf(1), `${path}, line 3`);
  assert.equal(second!.location, `${path}, line 5`);
});

test("a line with other columns than the first is named", async () => {
  await assertFails(
    fileOf("ragged.conll", "Anna\tB-person\nsings\tVBZ\tO\n"),
    'ragged.conll, line 2: Expected 2 columns as on line 1 but received 3 in "sings\\tVBZ\\tO"',
  );
  await assertFails(
    fileOf("missing tag.conll", "Anna\tB-person\n\nsings\t\n"),
    'missing tag.conll, line 3: Expected a word and its tag, apart by tabs or spaces, but received "sings\\t"',
  );
  await assertFails(
    fileOf("text.txt", "Anna sings\n\nIt is late here now\n"),
    'text.txt, line 3: Expected 2 columns as on line 1 but received 5 in "It is late here now"',
  );
  await assertFails(
    fileOf("no word.conll", "Anna\tO\n\tO\n"),
    "no word.conll, line 2: Expected a word in the first column but received none",
  );
});

test("a file without words, and one of another kind, are refused", async () => {
  await assertFails(
    fileOf("empty.conll", "\n \n"),
    "empty.conll: Expected at least one row but received none",
  );
  await assertFails(
    fileOf("table.tsv", "a\tb\n"),
    "table.tsv: Expected a file that ends in .conll, .bio, .iob, .txt or .jsonl but received .tsv",
  );
  await assertFails(
    join(directory, "conll"),
    "conll: Expected a file that ends in .conll, .bio, .iob, .txt or .jsonl but received no extension",
  );
});

test("objects have tokens and tags, or a text and its entities, and may name their document", async () => {
  const rows = [
    { tokens: ["Anna", "sings"], tags: ["B-person", "O"], document: "a" },
    {
      text: "Anna and Bo",
      entities: [
        { start: 9, end: 11, label: "person", id: 7 },
        { start: 0, end: 4, label: "person", text: "Anna" },
      ],
    },
  ];
  const [words, text] = await rowsOf(rows);
  assert.ok(words?.kind === "words" && text?.kind === "text");
  assert.deepEqual([words.words, words.tags, words.document], [rows[0]!.tokens, rows[0]!.tags, "a"]);
  assert.deepEqual(text.entities, [
    { start: 0, end: 4, label: "person" },
    { start: 9, end: 11, label: "person" },
  ]);
  assert.equal(text.document, null);
  assert.equal(words.locationOf(1), "row 1, word 2");
  const path = fileOf("rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
  assert.deepEqual(
    (await rowsOf(path)).map(({ location }) => location),
    [`${path}, line 1`, `${path}, line 2`],
  );
});

test("fields named by the caller are read instead", async () => {
  const rows = [{ text: "not this", words: ["Anna"], ner: ["B-person"], tags: [] }];
  const [row] = await rowsOf(rows, { columns: { text: "words", label: "ner" } });
  assert.ok(row?.kind === "words");
  assert.deepEqual([row.words, row.tags], [["Anna"], ["B-person"]]);
  await assert.rejects(rowsOf(rows, { columns: { text: "body" } }), {
    message:
      'row 1: Expected a column named "body" but received the columns "text", "words", "ner", "tags": name the right one with columns.text',
  });
  await assert.rejects(rowsOf(rows, { columns: { text: "words", label: "spans" } }), {
    message:
      'row 1: Expected a column named "spans" but received the columns "text", "words", "ner", "tags": name the right one with columns.label',
  });
});

const NUMBERED = "1\tHans\tB-PER\tO\n2\tin\tO\tO\n3\tUlm\tB-LOC\tB-ORG\n\n# next\n1\tAnna\tB-PER\tO\n";

test("the numbers of columns say where a CoNLL file has its words and tags, behind whose numbers # is a comment", async () => {
  const path = fileOf("numbered.conll", NUMBERED);
  const tagged = async (columns: { text: string; label?: string }) =>
    (await rowsOf(path, { columns })).map((row) => row.kind === "words" && [row.words, row.tags]);
  assert.deepEqual(await tagged({ text: "2", label: "3" }), [
    [
      ["Hans", "in", "Ulm"],
      ["B-PER", "O", "B-LOC"],
    ],
    [["Anna"], ["B-PER"]],
  ]);
  assert.deepEqual((await tagged({ text: "2" }))[0], [
    ["Hans", "in", "Ulm"],
    ["O", "O", "B-ORG"],
  ]);
  const plain = fileOf("hashtags.conll", "# O\n#fun B-x\n");
  assert.deepEqual(await taggedIn(plain), ["#/O #fun/B-x"], "words in the first column may begin with #");
});

test("a column that a CoNLL file does not have is refused by the option's name", async () => {
  const path = fileOf("refused.conll", NUMBERED);
  const refused = (columns: { text?: string; label?: string }, message: string) =>
    assert.rejects(rowsOf(path, { columns }), (error: Error & { code: string; option: string }) => {
      assert.equal(error.code, "ERR_OPTION");
      assert.equal(error.option, columns.label === undefined ? "columns.text" : "columns.label");
      assert.equal(error.message.replaceAll(`${directory}/`, ""), message);
      return true;
    });
  for (const label of ["nonsense", "99", "5", "0", "-1", "2.0", "1e0", ""])
    await refused(
      { text: "2", label },
      `Expected the number of a column, from 1 to 4 in refused.conll, for columns.label but received "${label}"`,
    );
  await refused(
    { text: "word" },
    'Expected the number of a column, from 1 to 4 in refused.conll, for columns.text but received "word"',
  );
  await refused(
    { text: "4" },
    'Expected a column of refused.conll other than that of the tags for columns.text but received "4"',
  );
  await refused(
    { text: "2", label: "2" },
    'Expected a column of refused.conll other than that of the words for columns.label but received "2"',
  );
});

test("a first column of numbers that count the words is noticed, unless it is asked for", async () => {
  const [first, ...others] = ["counted.conll", "from zero.conll", "through.conll"];
  const contents = [NUMBERED.replace("# next\n", ""), "0 a O\n1 b O\n\n0 a O\n", "1 a O\n2 b O\n\n3 a O\n"];
  for (const [index, name] of [first!, ...others].entries())
    await assertFails(
      fileOf(name, contents[index]!),
      `${name}, line 1: Expected words in the first column but received numbers that count them: name the column of the words with columns.text ("2"), or "1" if the numbers are the words`,
    );
  assert.equal((await rowsOf(join(directory, first!), { columns: { text: "1" } })).length, 2);
  const numbers = fileOf("numbers.conll", "1 O\n\n2 O\n\n1 O\n3 O\n");
  assert.equal((await rowsOf(numbers)).length, 3);
  const many = fileOf("many.conll", `${"1 a O\n\n".repeat(10)}1 a\n`);
  await assert.rejects(rowsOf(many), /many\.conll, line 1: Expected words in the first column/);
});

test("tags that are class numbers have the names that labels give them", async () => {
  const rows = [{ tokens: ["Anna", "left"], ner_tags: [1, 0], pos_tags: [3, 4] }];
  const labels = ["O", "B-PER"];
  const [row] = await rowsOf(rows, { labels });
  assert.deepEqual(row?.kind === "words" && row.tags, ["B-PER", "O"]);
  const failing = (tags: unknown[], message: string) =>
    assert.rejects(rowsOf([{ tokens: ["Anna"], tags }], { labels }), { code: "ERR_DATA", message });
  await failing([2], "row 1: Expected a class number from 0 to 1 in tags but received 2 at 1");
  await failing([-100], "row 1: Expected a class number from 0 to 1 in tags but received -100 at 1");
  for (const odd of [0.5, null, true, " "])
    await failing([odd], `row 1: Expected tags in tags but received ${JSON.stringify(odd)} at 1`);
});

test("entities come in the forms of doccano, spaCy, Prodigy and Label Studio", async () => {
  const text = "Anna left Ulm";
  const rows = [
    {
      text,
      label: [
        [10, 13, "LOC"],
        [0, 4, "PER"],
      ],
    },
    {
      text,
      entities: [
        [10, 13, "LOC"],
        [0, 4, "PER"],
      ],
    },
    {
      text,
      labels: [
        { start_offset: 0, end_offset: 4, label: "PER" },
        { start_offset: 10, end_offset: 13, label: "LOC" },
      ],
    },
    {
      text,
      tokens: [{ text: "Anna", start: 0 }],
      spans: [
        { start: 0, end: 4, label: "PER" },
        { start: 10, end: 13, label: "LOC" },
      ],
    },
    {
      text,
      label: [
        { start: 0, end: 4, text: "Anna", labels: ["PER"] },
        { start: 10, end: 13, text: "Ulm", labels: ["LOC"] },
      ],
    },
  ];
  for (const row of await rowsOf(rows))
    assert.deepEqual(row.kind === "text" && row.entities, [
      { start: 0, end: 4, label: "PER" },
      { start: 10, end: 13, label: "LOC" },
    ]);
  await assertFails(
    [{ text, label: "PER" }],
    'row 1: Expected a column named "entities" or "spans" or "label" or "labels" but received the columns "text", "label": name the right one with columns.label',
  );
});

test("offsets of which no one knows whether they count code points are refused where that makes a difference", async () => {
  const after = (entities: object) => [{ text: "😀 Anna", ...entities }];
  const message =
    "row 1, entity 1: Expected spans as {start, end, label}, whose offsets count UTF-16 units, in a text with characters of two units, but received a form in which they may count code points";
  for (const rows of [
    after({ label: [[2, 6, "PER"]] }),
    after({ spans: [{ start: 2, end: 6, label: "PER" }] }),
  ])
    await assertFails(rows, message);
  const own = [
    after({ entities: [{ start: 3, end: 7, label: "PER" }] }),
    after({ label: [{ start: 3, end: 7, text: "Anna", labels: ["PER"] }] }),
  ];
  for (const rows of [...own, [{ text: "Anna 😀", label: [[0, 4, "PER"]] }]])
    assert.equal((await rowsOf(rows)).length, 1);
});

test("a limit counts sentences", async () => {
  const path = fileOf("limited.conll", "Anna\tO\n\nsings\tO\n\nbroken\n");
  assert.equal((await rowsOf(path, { limit: 2 })).length, 2, "what comes after them is not looked at");
  assert.equal((await rowsOf(path, { limit: 1 })).length, 1);
  const long = fileOf("long.conll", "Anna\tB-person\n\n".repeat(10_000)); // comes from the disk in several parts
  assert.equal((await rowsOf(long, { limit: 9_999 })).length, 9_999);
  assert.equal((await rowsOf([{ tokens: [], tags: [] }, { odd: 1 }], { limit: 1 })).length, 1);
});

test("fields that are missing or of another kind are named", async () => {
  await assertFails(
    [{ sentence: "Anna", label: "x" }],
    'row 1: Expected a column named "tokens" or "text" but received the columns "sentence", "label": name the right one with columns.text',
  );
  await assertFails(
    [{ tokens: 5, tags: [] }],
    "row 1: Expected an array of words, or a text, for tokens but received 5",
  );
  await assertFails(
    [{ tokens: ["Anna"] }],
    'row 1: Expected a column named "tags" or "ner_tags" but received the columns "tokens": name the right one with columns.label',
  );
  await assertFails(
    [{ tokens: ["Anna", "sings"], tags: [3, 0] }],
    "row 1: Expected tags as texts in tags, or class numbers whose names the option labels gives, but received 3 at 1",
  );
  await assertFails(
    [{ tokens: ["Anna", "sings"], tags: ["O"] }],
    "row 1: Expected as many tags as tokens (2) but received 1",
  );
  await assertFails(
    [{ text: 5, entities: [] }],
    "row 1: Expected an array of words, or a text, for text but received 5",
  );
  await assertFails(
    [{ text: "Anna" }],
    'row 1: Expected a column named "entities" or "spans" or "label" or "labels" but received the columns "text": name the right one with columns.label',
  );
  await assertFails(
    [{ text: "Anna", entities: [], document: {} }],
    "row 1: Expected a string or number for document but received {}",
  );
});

test("spans that are no spans, lie outside their text or overlap are named", async () => {
  const failing = (entities: unknown[], message: string) =>
    assertFails([{ text: "Anna 😀 Lee", entities }], message);
  await failing([{ start: 0, end: 4 }], "row 1, entity 1: Expected a label but received undefined");
  await failing([null], "row 1, entity 1: Expected a label but received undefined");
  await failing(
    [{ start: "0", end: 4, label: "x" }],
    'row 1, entity 1: Expected integers for start and end but received "0" and 4',
  );
  for (const [start, end] of [
    [8, 12],
    [-1, 3],
    [4, 4],
    [4, 0],
  ]) {
    await failing(
      [
        { start: 0, end: 4, label: "x" },
        { start, end, label: "x" },
      ],
      `row 1, entity 2: Expected a span within the text's 11 UTF-16 units but received ${start} to ${end}`,
    );
  }
  await failing(
    [
      { start: 4, end: 11, label: "y" },
      { start: 0, end: 5, label: "x" },
    ],
    'row 1: Expected entities that do not overlap but received "Anna " and " 😀 Lee" (x and y)',
  );
});

test("an entity that brings its text shows offsets that count something else than UTF-16 units", async () => {
  await assertFails(
    [{ text: "Anna 😀 Lee", entities: [{ start: 7, end: 10, label: "x", text: "Lee" }] }],
    'row 1, entity 1: Expected the text "Lee" from 7 to 10 (offsets count UTF-16 units) but received " Le"',
  );
});

test("WNUT-17, whose sentences a line with a lone tab separates, is read whole", {
  skip: existsSync(WNUT17) ? false : `${WNUT17} is missing`,
}, async () => {
  const expected = { train: [3394, 62730], dev: [1009, 15733], test: [1287, 23394] };
  for (const [name, [sentences, words]] of Object.entries(expected)) {
    const rows = await rowsOf(`${WNUT17}/${name}.conll`);
    const tags = rows.map((row) => (row.kind === "words" ? row.tags : []));
    assert.deepEqual([rows.length, tags.flat().length], [sentences, words], name);
    assert.equal(detectScheme(tags), "BIO");
    assert.ok(tags.flat().every((tag) => isTagOf("BIO", tag)));
  }
});
