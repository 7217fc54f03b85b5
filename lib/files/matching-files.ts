import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { glob } from "tinyglobby";

/**
 * The files that a path or a pattern such as `data/*.jsonl` stands for, sorted by their names; none where nothing is there.
 * A name is taken as it stands where there is such a file: `[` and `*` may be part of it.
 */
export async function matchingFiles(pattern: string): Promise<string[]> {
  const entry = await stat(pattern).catch(() => undefined);
  if (entry?.isFile()) return [pattern];
  return (await glob(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) })).sort();
}
