import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A model, or a data set, as a Hub on this machine has it. */
export interface HubModel {
  /** What its branch `main`, and every other revision that is asked for by name, is at. */
  commit: string;
  files: Record<string, Buffer>;
  /** Who may see it, or its files: `gated` shows it to all, and its files to the token. Default: all */
  access?: "all" | "private" | "gated";
  /** Other names of its commit. */
  tags?: string[];
  /** Of its last commit. */
  message?: string;
}

export const TOKEN = "hf_secretSECRETsecret";

/** Files of a folder and those below, as a model's. */
export function filesOf(folder: string): Record<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const isFile = (path: string) => statSync(join(folder, path)).isFile();
  return Object.fromEntries(
    paths.filter(isFile).map((path) => [path, readFileSync(join(folder, path))] as const),
  );
}

export const isLarge = (path: string) => /\.(safetensors|parquet)$/.test(path);
export const sha256Of = (content: Buffer) => createHash("sha256").update(content).digest("hex");

export function gitHashOf(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

export function newCommit(): string {
  return gitHashOf(randomBytes(20));
}
