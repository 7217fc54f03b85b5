import { accessSync, constants, mkdirSync, readdirSync } from "node:fs";
import { LibbertError } from "../errors.js";

/**
 * Makes sure that a run can write its results, before it computes them.
 *
 * @throws ERR_OPTION when the directory holds files already (unless `overwrite`), or cannot be written to
 */
export function prepareOutputDirectory(directory: string, overwrite: boolean): void {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new LibbertError(
      "ERR_OPTION",
      `Expected a writable directory for outputDir: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  const first = readdirSync(directory).find((name) => name !== ".partial");
  if (first !== undefined && !overwrite) {
    throw new LibbertError(
      "ERR_OPTION",
      `Expected an empty or new directory for outputDir but ${directory} holds files (${first}); overwrite: true allows it`,
    );
  }
}
