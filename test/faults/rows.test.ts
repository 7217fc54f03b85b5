import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { readJsonLines } from "../../lib/data/readers/json-lines.js";
import { readLines } from "../../lib/data/readers/lines.js";
import type { Row } from "../../lib/data/readers/row.js";
import { readCsv, readTsv } from "../../lib/data/readers/tables.js";
import { LibbertError } from "../../lib/errors.js";
import { readClassificationExamples } from "../../lib/tasks/classification/rows.js";
import { readMultiLabelExamples } from "../../lib/tasks/multi-label/rows.js";
import { choiceInputOf } from "../../lib/tasks/multiple-choice/rows.js";
import { questionOf } from "../../lib/tasks/question-answering/rows.js";
import { squadRows } from "../../lib/tasks/question-answering/squad-json.js";
import { readRegressionExamples } from "../../lib/tasks/regression/rows.js";
import { readConll } from "../../lib/tasks/token-classification/conll.js";
import { contentOf, documentOf } from "../../lib/tasks/token-classification/object-rows.js";
import { processorClock } from "../support/processor-time.js";
import { tries } from "./tries.js";

const SHORT = 1500;
const LONG = 1_000_000;
/** One input is read in far less; a quadratic step or a loop would take much longer. */
const SECONDS = 2;

/** Whether an input is read, or refused with an error that names the file's place; any other error fails the test. */
async function readOrRefused(read: () => AsyncIterable<unknown> | Iterable<unknown>): Promise<boolean> {
  const seconds = processorClock();
  try {
    for await (const _ of read());
    return true;
  } catch (error) {
    assert.ok(error instanceof LibbertError, `${(error as Error)?.stack}`);
    if (error.code === "ERR_OPTION") assert.match(error.option!, /^columns/);
    else assert.equal(error.code, "ERR_DATA");
    if (error.code === "ERR_DATA") assert.match(error.message, /^(file|row \d+)(, (line \d+|data\S*))?.*: /s);
    return false;
  } finally {
    assert.ok(seconds() < SECONDS);
  }
}

/** Draws inputs and counts how many were read: of what is always refused, nothing is tested. */
async function assertHolds<Input>(
  inputs: fc.Arbitrary<Input>,
  read: (input: Input) => AsyncIterable<unknown> | Iterable<unknown>,
): Promise<void> {
  const counts = { read: 0, refused: 0 };
  const property = fc.asyncProperty(inputs, async (input) => {
    counts[(await readOrRefused(() => read(input))) ? "read" : "refused"]++;
  });
  await fc.assert(property, { numRuns: tries(SHORT, LONG) });
  assert.ok(counts.read > 0 && counts.refused > 0, JSON.stringify(counts));
}

/** Texts of a format's own pieces among others, as bytes, of which one may be any. */
function bytesOf(...pieces: string[]): fc.Arbitrary<Buffer> {
  const odd = ["\r\n", "\n", "\r", " ", "\u00a0", "\u2028", "\ufeff", "é", "😀", "__proto__", "a", "1"];
  const piece = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 5 }) },
  );
  const flip = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 10 });
  return fc.tuple(fc.array(piece, { maxLength: 30 }), flip).map(([texts, flipped]) => {
    const bytes = Buffer.from(texts.join(""));
    if (flipped && bytes.length > 0) bytes[flipped[0] % bytes.length] = flipped[1];
    return bytes;
  });
}

/** The lines of bytes that come in two parts. */
function linesOf(bytes: Buffer): AsyncIterable<string[]> {
  async function* chunks() {
    const middle = bytes.length >> 1;
    yield bytes.subarray(0, middle);
    yield bytes.subarray(middle);
  }
  return readLines("file", chunks());
}

const tablePieces = [
  "text",
  "label",
  "a,b\n",
  "text,label\n",
  "text\tlabel\n",
  "\t",
  ",",
  ";",
  '"',
  '""',
  '",',
  '"\n',
  "x",
];

test("whatever a .csv file holds is read, or refused with file and line", async () => {
  await assertHolds(bytesOf(...tablePieces), (bytes) => readCsv("file", { lines: linesOf(bytes) }));
  await assertHolds(bytesOf(...tablePieces), (bytes) =>
    readCsv("file", { lines: linesOf(bytes), columnNames: ["a", "b"] }),
  );
});

test("whatever a .tsv file holds is read, or refused with file and line", () =>
  assertHolds(bytesOf(...tablePieces), (bytes) => readTsv("file", { lines: linesOf(bytes) })));

const jsonPieces = [
  '{"text":',
  '{"a":1}\n',
  '"a"',
  "{",
  "}",
  "}\n",
  "[",
  "]",
  ":",
  ",",
  '"',
  "\\u0000",
  "null",
  "1e999",
  "-0",
];

test("whatever a .jsonl file holds is read, or refused with file and line", () =>
  assertHolds(bytesOf(...jsonPieces), (bytes) => readJsonLines("file", { lines: linesOf(bytes) })));

const conllPieces = [
  "1 ",
  "2\t",
  "Anna",
  "\n\n",
  "\n",
  " ",
  "\t",
  "B-x",
  "O",
  "-DOCSTART- O\n",
  "#",
  "a O\n",
  "b\tB-x\n",
];
const columnNumber = fc.option(fc.constantFrom("1", "2", "3", "99", "0", "-1", "word", "2.0", ""), {
  nil: undefined,
});

test("whatever a CoNLL file holds is read, or refused with file and line", () =>
  assertHolds(
    fc.tuple(bytesOf(...conllPieces), fc.record({ text: columnNumber, label: columnNumber }), fc.boolean()),
    ([bytes, columns, hasTags]) => readConll("file", { lines: linesOf(bytes), columns, hasTags }),
  ));

/** Values as JSON and structured cloning have them, those that a row is made of more often than others. */
const plausible = fc.constantFrom<unknown>(
  "a",
  "",
  0,
  1,
  -1,
  "Anna left",
  "B-x",
  true,
  null,
  undefined,
  Number.NaN,
  1e39,
  {},
  [],
);
const odd = fc.oneof(
  fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 2 }),
  fc.constantFrom<unknown>("😀 a", "\u00a0"),
);
const value = fc.oneof({ weight: 6, arbitrary: plausible }, { weight: 1, arbitrary: odd });
const span = fc.oneof(
  fc.tuple(fc.nat(12), fc.nat(12), value),
  fc.record(
    { start: fc.nat(12), end: fc.nat(12), label: value, labels: fc.array(value, { maxLength: 2 }) },
    { requiredKeys: [] },
  ),
  fc.record({ start_offset: value, end_offset: value, label: value }),
);

function fieldsOf(
  names: readonly string[],
  ...more: fc.Arbitrary<unknown>[]
): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(fc.constantFrom(...names, "constructor"), fc.oneof(value, ...more), { maxKeys: 6 });
}

/** Reads one row with a function of its own. */
function* reading(fields: Record<string, unknown>, read: (row: Row) => unknown) {
  yield read({ fields, location: "row 1" });
}

test("whatever a row of labelled texts holds is read, or refused by its number", async () => {
  const rows = fieldsOf(["text", "sentence1", "label", "labels", "score"], fc.array(value, { maxLength: 3 }));
  for (const read of [readClassificationExamples, readMultiLabelExamples, readRegressionExamples])
    await assertHolds(rows, (fields) => read([fields], { notify: () => {} }));
});

test("whatever a row of tagged words or of a text with entities holds is read, or refused by its number", () => {
  const names = ["tokens", "tags", "ner_tags", "text", "entities", "spans", "label", "document"];
  const rows = fieldsOf(names, fc.array(fc.oneof(span, value), { maxLength: 3 }));
  const columns = fc.record({ text: fc.constantFrom("text", "tokens", "toString") }, { requiredKeys: [] });
  return assertHolds(fc.tuple(rows, columns), ([fields, names]) =>
    reading(fields, (row) => [contentOf(row, { columns: names, labels: ["O", "B-x"] }), documentOf(row)]),
  );
});

test("whatever a row with choices holds is read, or refused by its number", () => {
  const text = fc.oneof({ weight: 4, arbitrary: fc.constantFrom("a", "b") }, { weight: 1, arbitrary: value });
  const choices = fc.oneof(value, fc.array(text, { maxLength: 3 }));
  const plain = fc.record({ context: text, question: text, choices }, { requiredKeys: [] });
  const swag = fc.record({ sent1: text, sent2: text, ending0: text, ending1: text }, { requiredKeys: [] });
  const rows: fc.Arbitrary<Record<string, unknown>> = fc.oneof(plain, swag);
  return assertHolds(rows, (fields) => reading(fields, choiceInputOf));
});

test("whatever a file in SQuAD's form holds is read, or refused with its place in the file", () => {
  const often = (sound: unknown) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(sound) }, { weight: 1, arbitrary: value });
  const right = { text: "Anna", answer_start: 0 };
  const answer = fc.oneof(
    fc.constant(right),
    fc.record({ text: value, answer_start: value, answerStart: value }, { requiredKeys: [] }),
  );
  const columns = fc.record({ text: fc.array(value), answer_start: fc.array(value) });
  const answers = fc.oneof(often([right]), fc.array(answer, { maxLength: 2 }), columns);
  const question = fc.record(
    { question: often("Who?"), answers, id: often("1"), is_impossible: often(false) },
    { requiredKeys: ["question", "answers"] },
  );
  const list = (item: fc.Arbitrary<unknown>) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.array(item, { minLength: 1, maxLength: 2 }) },
      { weight: 1, arbitrary: value },
    );
  const paragraph = fc.record({ context: often("Anna left"), qas: list(question) });
  const file = fc.record({ data: list(fc.record({ paragraphs: list(paragraph) })) });
  const bytes = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.oneof({ weight: 9, arbitrary: file }, { weight: 1, arbitrary: value }).map(bytesOfJson),
    },
    { weight: 1, arbitrary: bytesOf('{"data":[', '{"paragraphs":[', "]}", ...jsonPieces) },
  );
  return assertHolds(bytes, function* (content) {
    for (const row of squadRows(content, "file")) yield questionOf(row, true);
  });
});

function bytesOfJson(value: unknown): Buffer {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner));
  return Buffer.from(text ?? "");
}

test("a table that is written as RFC 4180 says is read as it was, whatever its cells hold", async () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", '"', ",", ";", "\n", "\t", " ", "é", "😀"),
    maxLength: 6,
  });
  const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const property = fc.asyncProperty(table, async (rows) => {
    const text = [["x", "y"], ...rows].map((cells) => cells.map(quoted).join(",")).join("\r\n");
    const read: unknown[] = [];
    for await (const some of readCsv("file", { lines: linesOf(Buffer.from(text)) }))
      for (const { fields } of some) read.push([fields.x, fields.y]);
    assert.deepEqual(read, rows);
  });
  await fc.assert(property, { numRuns: tries(SHORT, 200_000) });
});

test("a .csv file has the records that csv-parse finds, or is refused where it refuses it", async () => {
  const text = fc.string({
    unit: fc.constantFrom("a", '"', '"', ",", ",", "\n", '",', ',"', '"\n"'),
    maxLength: 12,
  });
  const counts = { read: 0, refused: 0 };
  const property = fc.asyncProperty(text, async (body) => {
    const content = `x,y\n${body}\n`;
    let expected: string[][] | null = null;
    try {
      expected = parse(content, { record_delimiter: "\n", relax_column_count: true, skip_empty_lines: true });
    } catch {}
    const read: unknown[] = [["x", "y"]];
    const broken: string[] = [];
    try {
      const reading = {
        lines: linesOf(Buffer.from(content)),
        onBrokenRow: (place: string) => broken.push(place),
      };
      for await (const some of readCsv("file", reading))
        for (const { fields } of some) read.push([fields.x, fields.y]);
    } catch (error) {
      assert.equal(expected, null, `${error}`);
      counts.refused++;
      return;
    }
    counts.read++;
    assert.deepEqual(
      read,
      expected?.filter((cells) => cells.length === 2),
    );
    assert.equal(broken.length, expected!.length - read.length);
  });
  await fc.assert(property, { numRuns: tries(SHORT, 200_000) });
  assert.ok(counts.read > 100 && counts.refused > 100, JSON.stringify(counts));
});
