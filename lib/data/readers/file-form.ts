import { extname, join } from "node:path";
import type { LibbertError } from "../../errors.js";
import { isDirectory } from "../../files/is-directory.js";
import type { Format } from "../../options/row-options.js";
import { dataError } from "../data-error.js";

/** What a file's name says of its form: its extension in lower case, without the `.gz` of a packed one. */
export function extensionOf(path: string): string {
  return extname(path.replace(/\.gz$/i, "")).toLowerCase();
}

/** The form of a file, as its extension: the one that was said, or that of its name. */
export function formOf(path: string, format?: Format): string {
  return format === undefined ? extensionOf(path) : `.${format}`;
}

/** The error for a file of another form than those that are read. @param known their extensions */
export function unknownForm(path: string, known: readonly string[]): LibbertError {
  const what = `a file that ends in ${known.slice(0, -1).join(", ")} or ${known.at(-1)}`;
  const ending = extensionOf(path) || "no extension";
  return dataError(
    path,
    what,
    isDirectory(path)
      ? `a folder: name its files, or a pattern such as ${join(path, `*${known[0]}`)}`
      : ending,
  );
}
