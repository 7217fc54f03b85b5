import { rmdirSync, rmSync } from "node:fs";

/** Removes what would only lie about: that it cannot be removed is no reason to fail. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // whatever writes there next meets the cause
  }
}

/** Removes a directory unless it holds files. */
export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // it holds files, or is gone
  }
}
