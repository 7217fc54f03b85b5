import { basename, resolve } from "node:path";

/** What a run is called: its folder. */
export function runName(directory: string): string {
  return basename(resolve(directory));
}
