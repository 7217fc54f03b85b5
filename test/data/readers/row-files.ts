import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RowReading, readRows } from "../../../lib/data/readers/rows.js";
import type { RowSource } from "../../../lib/options/row-options.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

export const directory = temporaryDirectory();

export function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** The rows as [fields, location], with the directory's name taken off the location. */
export async function rowsOf(source: RowSource, options?: RowReading): Promise<[unknown, string][]> {
  const rows: [unknown, string][] = [];
  for await (const some of readRows(source, options)) {
    for (const { fields, location } of some) rows.push([fields, location.replace(`${directory}/`, "")]);
  }
  return rows;
}

/** Asserts that reading fails with just this sentence, the directory's name taken off. */
export async function assertFails(source: RowSource, message: string | RegExp): Promise<void> {
  await assert.rejects(rowsOf(source), (error: Error & { code: string }) => {
    assert.equal(error.code, "ERR_DATA");
    const received = error.message.replaceAll(`${directory}/`, "");
    if (typeof message === "string") assert.equal(received, message);
    else assert.match(received, message);
    return true;
  });
}
