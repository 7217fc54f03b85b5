import { cpSync } from "node:fs";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { rowsOf } from "./support.js";

/** A query with a sentence each; one about something good is relevant. */
export function pairsOf(count: number): { query: string; document: string; label: number }[] {
  return rowsOf(count).map(({ text, label }) => ({
    query: "the film",
    document: text,
    label: label === "positive" ? 1 : 0,
  }));
}

/** The same as lists of 3 to 5 sentences. */
export function listsOf(count: number): { query: string; docs: string[]; labels: number[] }[] {
  const pairs = pairsOf(count * 3 + 2);
  return Array.from({ length: count }, (_, row) => {
    const own = pairs.slice(row * 3, row * 3 + 3 + (row % 3));
    const docs = own.map(({ document }) => document);
    return { query: "the film", docs, labels: own.map(({ label }) => label) };
  });
}

/** A folder of sentence-transformers, with files about vectors. */
export function modelOfVectors(): string {
  const folder = temporaryDirectory();
  for (const part of ["encoder", "mean-normalize"])
    cpSync(goldenPath(`sentence/${part}`), folder, { recursive: true });
  return folder;
}
