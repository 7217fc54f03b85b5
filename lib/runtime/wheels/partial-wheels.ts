import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../paths.js";

const downloads = (): string => join(cacheFolder(), "downloads");

/** Where this process puts a wheel: what a process that is gone has left of the same is there already. */
export function partialWheel(sha256: string): string {
  mkdirSync(downloads(), { recursive: true });
  const own = join(downloads(), `${sha256}.${process.pid}`);
  const left = abandoned().find((name) => name.startsWith(sha256));
  if (left !== undefined && !existsSync(own)) renameSync(join(downloads(), left), own);
  return own;
}

/** Removes what earlier processes have left of wheels that they never had whole. */
export function removeAbandonedDownloads(): void {
  for (const name of abandoned()) rmSync(join(downloads(), name), { force: true });
}

/** The files of processes that are gone. */
function abandoned(): string[] {
  if (!existsSync(downloads())) return [];
  return readdirSync(downloads()).filter((name) => !existsSync(join("/proc", name.split(".").at(-1)!)));
}
