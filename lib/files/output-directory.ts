import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { describe, LibbertError } from "../errors.js";
import { LOCK_FILE } from "./directory-lock.js";

/**
 * Makes sure that a run can write its results, before it computes them.
 *
 * @param option what the caller's option is called
 * @throws ERR_OPTION when the directory holds files already (unless `overwrite`), or cannot be written to
 */
export function prepareOutputDirectory(directory: string, overwrite: boolean, option = "outputDir"): void {
  try {
    makeDirectory(directory);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new LibbertError(
      "ERR_OPTION",
      `Expected a writable directory for ${option} but received ${describe(directory)}: ${(error as Error).message}`,
      { cause: error, option },
    );
  }
  const first = readdirSync(directory).find((name) => name !== ".partial" && !name.startsWith(LOCK_FILE)); // of a killed run
  if (first !== undefined && !overwrite) {
    throw new LibbertError(
      "ERR_OPTION",
      `Expected an empty or new directory for ${option} but received ${describe(directory)}, which holds files (${first}); overwrite: true allows it`,
      { option },
    );
  }
}

/**
 * Makes a directory and those above it. Node's own `recursive` loops for ever where a directory that is there answers
 * ENOENT, as /proc does.
 */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(path))) throw error;
    makeDirectory(dirname(path));
    mkdirSync(path);
  }
}
