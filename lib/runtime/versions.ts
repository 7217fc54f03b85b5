import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeLibTorch } from "./diagnose.js";
import { foundLibTorch } from "./load.js";
import { packageRoot } from "./paths.js";

export function libbertVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")).version;
}

/** The LibTorch that is loaded, with its version and what it is built for. */
export function loadedLibTorch(): string {
  return describeLibTorch(foundLibTorch());
}
