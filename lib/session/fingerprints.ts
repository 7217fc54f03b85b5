import { createHash } from "node:crypto";
import { readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "../data/corpus/manifest.js";
import { sha256OfFile } from "../files/file-hash.js";
import { isModelFile, isModuleFolder, REPORT } from "../files/model-files.js";
import { readSettled } from "../files/settled-directory.js";
import { areFiles, type Files, pathsOf } from "../options/row-options.js";

/**
 * What tells rows from others: the SHA-256 of each file's bytes, or of rows in memory as JSON. Rows that lie elsewhere are
 * the same, rows that were changed are not.
 */
export async function rowFingerprint(source: Files | readonly object[]): Promise<string> {
  if (!areFiles(source)) return `sha256 ${createHash("sha256").update(JSON.stringify(source)).digest("hex")}`;
  const prints: string[] = [];
  for (const path of pathsOf(source)) {
    const isFile = statsOf(path)?.isFile(); // of what is none, whatever reads it says better what is wrong
    prints.push(isFile ? `sha256 ${await sha256OfFile(path)}` : path);
  }
  return prints.join(", ");
}

/** What tells a prepared corpus from others: its vocabulary and its shards, those of all machines. */
export function corpusFingerprint(directory: string): string {
  if (!statsOf(directory)?.isDirectory()) return directory; // whatever reads it says better what is wrong
  const parts = readdirSync(directory).filter((name) => name.startsWith("part-"));
  const manifests = ["", ...parts.sort()].flatMap((part) => readManifest(join(directory, part)) ?? []);
  const hash = createHash("sha256");
  for (const { vocabulary, splits } of manifests) {
    hash.update(`${vocabulary.fingerprint}\n`);
    for (const { shards } of [splits.train, splits.validation])
      hash.update(`${shards.map(({ sha256 }) => sha256).join(" ")}\n`);
  }
  return `sha256 ${hash.digest("hex")}`;
}

/** What tells a model directory from others: its weights, configuration and tokenizer, not where they lie. */
export function modelFingerprint(directory: string): Promise<string> {
  return readSettled(directory, () => fingerprintOf(directory));
}

async function fingerprintOf(directory: string): Promise<string> {
  if (!statsOf(directory)?.isDirectory()) return directory; // whatever reads it says better what is wrong
  const hash = createHash("sha256");
  const isRead = (name: string) => isModelFile(name) && !isModuleFolder(name) && name !== REPORT;
  const files = readdirSync(directory).filter(isRead);
  for (const name of files.sort()) hash.update(`${name} ${await sha256OfFile(join(directory, name))}\n`);
  return `sha256 ${hash.digest("hex")}`;
}

/** Undefined where there is nothing, or no way to it. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
