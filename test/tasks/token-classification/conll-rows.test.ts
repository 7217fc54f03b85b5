import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { detectScheme, isTagOf } from "../../../lib/tasks/token-classification/scheme.js";
import { assertFails, directory, fileOf, rowsOf, taggedIn } from "./reading.js";

const WNUT17 = "../shared/data/wnut17";

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

test("columns that are apart by tabs on the one side of the tag and by spaces on the other are no words", async () => {
  await assertFails(
    fileOf("mixed.conll", "Anna NNP\tB-PER\nsings VBZ\tO\n"),
    'mixed.conll, line 1: Expected columns that are all apart by tabs, or all by spaces, but received "Anna NNP" between tabs',
  );
  assert.deepEqual(await taggedIn(fileOf("places.conll", "New York\tB-place\nsings\tO\n")), [
    "New York/B-place sings/O",
  ]);
});

test("a file without words, and one of another kind, are refused", async () => {
  await assertFails(
    fileOf("empty.conll", "\n \n"),
    "empty.conll: Expected at least one row but received none",
  );
  await assertFails(
    fileOf("table.tsv", "a\tb\n"),
    "table.tsv: Expected a file that ends in .conll, .bio, .iob, .txt, .jsonl or .parquet but received .tsv",
  );
  await assertFails(
    join(directory, "conll"),
    "conll: Expected a file that ends in .conll, .bio, .iob, .txt, .jsonl or .parquet but received no extension",
  );
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

test("CoNLL-U's words as they are written, and those that are not, are no words beside those that it tags", async () => {
  const lines = ["# text = del", "1-2\tdel\t_\t_", "1\tde\tde\tADP", "2\tel\tel\tDET", "2.1\tes\tser\tVERB"];
  const [row] = await rowsOf(fileOf("words.conll", lines.join("\n")), { columns: { text: "2", label: "4" } });
  assert.deepEqual(row?.kind === "words" && [row.words, row.tags], [
    ["de", "el"],
    ["ADP", "DET"],
  ]);
});

test("a first line that names the columns is refused", async () => {
  for (const [index, header] of ["word tag", "Token\tner_tags", "text\tlabel", "form POS"].entries())
    await assertFails(
      fileOf(`header${index}.conll`, `${header}\nUlm${header.includes("\t") ? "\t" : " "}B-LOC\n`),
      `header${index}.conll, line 1: Expected a word with its tag but received the names of columns, ${header
        .split(/\s/)
        .map((name) => JSON.stringify(name))
        .join(", ")}: remove that line`,
    );
  assert.deepEqual(await taggedIn(fileOf("word.conll", "word O\ntag O\n")), ["word/O tag/O"]);
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

test("a limit counts the sentences of a file", async () => {
  const path = fileOf("limited.conll", "Anna\tO\n\nsings\tO\n\nbroken\n");
  assert.equal((await rowsOf(path, { limit: 2 })).length, 2, "what comes after them is not looked at");
  assert.equal((await rowsOf(path, { limit: 1 })).length, 1);
  const long = fileOf("long.conll", "Anna\tB-person\n\n".repeat(10_000)); // comes from the disk in several parts
  assert.equal((await rowsOf(long, { limit: 9_999 })).length, 9_999);
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
