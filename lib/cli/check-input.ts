import { accessSync, constants, statSync } from "node:fs";
import { dataError } from "../data/data-error.js";
import { extensionOf, unknownForm } from "../data/readers/file-form.js";
import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { reasonOf } from "../files/write-error.js";
import { type Files, pathsOf } from "../options/row-options.js";

/**
 * Refuses files of `--input` that nothing could read, before a model is loaded for them.
 *
 * @param known extensions of the files that are read
 * @throws LibbertError ERR_DATA, naming the file
 */
export function checkInput(files: Files | undefined, known: readonly string[]): void {
  for (const path of pathsOf(files ?? [])) if (path !== STANDARD_INPUT) checkFile(path, known);
}

function checkFile(path: string, known: readonly string[]): void {
  if (!known.includes(extensionOf(path))) throw unknownForm(path, known);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw dataError(path, "a readable file", reasonOf(error), { cause: error });
  }
  if (statSync(path).isDirectory()) throw dataError(path, "a readable file", "a folder");
}
