import { accessSync, constants, statSync } from "node:fs";
import { extname } from "node:path";
import { dataError } from "../data/data-error.js";
import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { reasonOf } from "../files/write-error.js";

/**
 * Refuses a file of `--input` that nothing could read, before a model is loaded for it.
 *
 * @param known extensions of the files that are read
 * @throws LibbertError ERR_DATA, naming the file
 */
export function checkInput(input: string | undefined, known: readonly string[]): void {
  if (input === undefined || input === STANDARD_INPUT) return;
  const extension = extname(input);
  if (!known.includes(extension.toLowerCase())) {
    const what = `a file that ends in ${known.slice(0, -1).join(", ")} or ${known.at(-1)}`;
    throw dataError(input, what, extension || "no extension");
  }
  try {
    accessSync(input, constants.R_OK);
  } catch (error) {
    throw dataError(input, "a readable file", reasonOf(error), { cause: error });
  }
  if (statSync(input).isDirectory()) throw dataError(input, "a readable file", "a folder");
}
