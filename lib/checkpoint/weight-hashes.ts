import { join } from "node:path";
import { sha256OfFile } from "../files/file-hash.js";
import { findWeights } from "./weight-files.js";

/** The SHA-256 of a model's files with weights, by name. @param names Default: of those that count in the directory */
export async function weightHashes(
  directory: string,
  names: readonly string[] = findWeights(directory).names,
): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const file of names) hashes[file] = await sha256OfFile(join(directory, file));
  return hashes;
}
