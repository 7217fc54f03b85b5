import { existsSync, readFileSync } from "node:fs";

/** What a file says; nothing where there is none. */
export function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
