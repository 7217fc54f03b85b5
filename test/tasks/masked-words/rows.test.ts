import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RowSource } from "../../../lib/options/row-options.js";
import { readLocatedTexts } from "../../../lib/tasks/masked-words/rows.js";
import { temporaryFolder } from "../../runtime/fakes.js";

async function textsOf(source: RowSource, options = {}): Promise<string[]> {
  const texts: string[] = [];
  for await (const some of readLocatedTexts(source, options)) texts.push(...some.map(({ text }) => text));
  return texts;
}

test("a .txt file has a text a line, whatever characters are in it; blank lines are none", async (t) => {
  const path = join(temporaryFolder(t), "own.TXT");
  writeFileSync(path, '\ufefftext\tlabel\r\n\n  \n"a", b\u2028c\n last');
  assert.deepEqual(await textsOf(path), ["text\tlabel", '"a", b\u2028c', " last"]);
  assert.deepEqual(await textsOf(path, { limit: 2 }), ["text\tlabel", '"a", b\u2028c']);
});

test("a limit counts texts, also where the file comes from the disk in several parts", async (t) => {
  const path = join(temporaryFolder(t), "long.txt");
  writeFileSync(path, "a good film\n".repeat(20_000));
  assert.equal((await textsOf(path, { limit: 19_999 })).length, 19_999);
});

test("rows have the text in a column, `text` if no other is named; labels are not looked at", async (t) => {
  const path = join(temporaryFolder(t), "own.jsonl");
  writeFileSync(path, '{"text": "a", "label": []}\n{"text": "b"}\n');
  assert.deepEqual(await textsOf(path), ["a", "b"]);
  assert.deepEqual(await textsOf([{ body: "c" }, { body: "" }], { column: "body" }), ["c", ""]);
});

test("a file of nothing but blank lines, a missing column and a text that is no string are errors with their location", async (t) => {
  const path = join(temporaryFolder(t), "empty.txt");
  writeFileSync(path, "\n \n");
  const fails = (source: RowSource, message: string) =>
    assert.rejects(textsOf(source, { name: "train" }), { code: "ERR_DATA", message });
  await fails(path, `${path}: Expected at least one row but received none`);
  await fails(
    [{ body: "a" }],
    'train, row 1: Expected a column named "text" but received the columns "body": name the right one with columns.text',
  );
  await fails(
    [{ text: "a" }, { text: 7 }],
    'train, row 2: Expected a string in column "text" but received 7',
  );
});

test("names of columns are refused where all texts are lines, also those of standard input", async () => {
  for (const source of ["-", "lines.txt"])
    await assert.rejects(textsOf(source, { columnNames: ["text"] }), { option: "columnNames" });
});
