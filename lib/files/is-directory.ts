import { existsSync, statSync } from "node:fs";

/** Whether a folder is at a path; false, too, for paths that the system refuses. */
export function isDirectory(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
