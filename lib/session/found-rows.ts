import { stat } from "node:fs/promises";
import { isDynamicPattern } from "tinyglobby";
import { expected } from "../errors.js";
import { matchingFiles } from "../files/matching-files.js";
import { areFiles, type Files, pathsOf, type RowSource } from "../options/row-options.js";

/**
 * Rows as they were given, but with the files that a pattern stands for in its place, sorted by their names.
 *
 * @param option which gives the rows
 * @throws LibbertError ERR_OPTION for a pattern that matches no file
 */
export async function foundRows<Source extends RowSource>(
  source: Source,
  option: string,
): Promise<Source | Files> {
  if (!areFiles(source)) return source;
  const found: string[] = [];
  for (const path of pathsOf(source)) found.push(...(await foundFiles(path, option)));
  return found.length === 1 ? found[0]! : found;
}

async function foundFiles(path: string, option: string): Promise<readonly string[]> {
  if (!isDynamicPattern(path) || (await stat(path).catch(() => undefined))) return [path];
  const matches = await matchingFiles(path);
  if (matches.length > 0) return matches;
  throw expected("a file, or a pattern that matches one,", option, path);
}
