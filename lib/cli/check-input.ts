import { accessSync, constants, statSync } from "node:fs";
import { dataError, unreadable } from "../data/data-error.js";
import { formOf, unknownForm } from "../data/readers/file-form.js";
import { STANDARD_INPUT, STANDARD_INPUT_NAME } from "../data/readers/standard-input.js";
import { expected } from "../errors.js";
import { type Files, FORMATS, type Format, pathsOf } from "../options/row-options.js";

/**
 * Refuses files of `--input` that nothing could read, before a model is loaded for them.
 *
 * @param known extensions of the files that are read
 * @param format the form that all of them have, whatever their names
 * @throws LibbertError ERR_DATA, naming the file; ERR_OPTION for a format that is not read, or beside no file
 */
export function checkInput(files: Files | undefined, known: readonly string[], format?: Format): void {
  if (format !== undefined && files === undefined)
    throw expected("no value without files of inputs", "format", format);
  if (format !== undefined && !known.includes(`.${format}`)) {
    const formats = FORMATS.filter((one) => known.includes(`.${one}`));
    throw expected(`one of ${formats.join(", ")}`, "format", format);
  }
  for (const path of pathsOf(files ?? [])) {
    if (path !== STANDARD_INPUT) checkFile(path, known, format);
    else if (format === "parquet")
      throw dataError(
        STANDARD_INPUT_NAME,
        "text",
        "a Parquet file, which cannot be read from a pipe: give its path",
      );
  }
}

function checkFile(path: string, known: readonly string[], format: Format | undefined): void {
  if (!known.includes(formOf(path, format))) throw unknownForm(path, known);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (statSync(path).isDirectory()) throw dataError(path, "a readable file", "a folder");
}
