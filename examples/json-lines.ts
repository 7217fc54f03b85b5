import { existsSync } from "node:fs";
import { open, readFile, truncate } from "node:fs/promises";

/** The rows of a file of JSON lines; none where there is no file. A last line that a crash cut short is taken off. */
export async function openRows<Row>(path: string): Promise<Row[]> {
  if (!existsSync(path)) return [];
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.length) await truncate(path, end);
  const lines = bytes.subarray(0, end).toString().split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Adds a row to a file of JSON lines, and returns when it is on disk. */
export async function appendRow(path: string, row: object): Promise<void> {
  const file = await open(path, "a");
  try {
    await file.appendFile(`${JSON.stringify(row)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
