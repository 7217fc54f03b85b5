import { existsSync, readFileSync } from "node:fs";

/** A file of the system's, or nothing where it has none of that name. */
export function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
