/** How tests of tagged rows read them. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RowSource } from "../../../lib/options/row-options.js";
import {
  readTaggingRows,
  type TaggingRow,
  type TaggingRowOptions,
} from "../../../lib/tasks/token-classification/rows.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

/** Of the files of a test. */
export const directory = temporaryDirectory();

export function fileOf(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

export async function rowsOf(source: RowSource, options?: TaggingRowOptions): Promise<TaggingRow[]> {
  const rows: TaggingRow[] = [];
  for await (const some of readTaggingRows(source, options)) rows.push(...some);
  return rows;
}

/** Words and tags of each row: `Anna/B-person sings/O`. */
export async function taggedIn(source: RowSource): Promise<string[]> {
  return (await rowsOf(source)).map((row) => {
    assert.equal(row.kind, "words");
    return row.kind === "words" ? row.words.map((word, index) => `${word}/${row.tags[index]}`).join(" ") : "";
  });
}

/** Asserts that reading fails with just this sentence, the directory's name taken off. */
export async function assertFails(source: RowSource, message: string): Promise<void> {
  await assert.rejects(rowsOf(source), (error: Error & { code: string }) => {
    assert.equal(error.code, "ERR_DATA");
    assert.equal(error.message.replaceAll(`${directory}/`, ""), message);
    return true;
  });
}
