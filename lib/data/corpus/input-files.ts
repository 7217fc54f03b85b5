import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { expected } from "../../errors.js";
import { matchingFiles } from "../../files/matching-files.js";
import { dataError } from "../data-error.js";

/** A file of running text. */
export interface TextFile {
  path: string;
  /** `lines`: plain text; `jsonl`: an object with a text a line. */
  format: "lines" | "jsonl";
  gzipped: boolean;
  /** On disk. */
  bytes: number;
}

/**
 * The files that paths and patterns such as `corpus/*.jsonl.gz` stand for, each once: in the order of the
 * patterns, the matches of one pattern sorted.
 *
 * @param format of all files, whatever their names. Default: what the name ends in
 * @throws LibbertError ERR_OPTION when a pattern matches no file, ERR_DATA when no format is given and a file does not
 *   end in .txt, .jsonl, .txt.gz or .jsonl.gz
 */
export async function findTextFiles(
  patterns: readonly string[],
  format?: TextFile["format"],
): Promise<TextFile[]> {
  const paths = new Map<string, string>(); // the absolute path makes out what is the same file
  for (const pattern of patterns) {
    const matches = await matchingFiles(pattern);
    if (matches.length === 0) throw expected("a file, or a pattern that matches one,", "input", pattern);
    for (const path of matches) if (!paths.has(resolve(path))) paths.set(resolve(path), path);
  }
  return Promise.all([...paths.values()].map((path) => describeFile(path, format ?? formatOf(path))));
}

async function describeFile(path: string, format: TextFile["format"]): Promise<TextFile> {
  return { path, format, gzipped: /\.gz$/i.test(path), bytes: (await stat(path)).size };
}

function formatOf(path: string): TextFile["format"] {
  const extension = /\.(txt|jsonl)(\.gz)?$/i.exec(path)?.[1];
  if (extension !== undefined) return extension.toLowerCase() === "jsonl" ? "jsonl" : "lines";
  throw dataError(path, "a file that ends in .txt, .jsonl, .txt.gz or .jsonl.gz", "another");
}
