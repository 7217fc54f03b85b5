import { jsonProblem } from "../errors.js";
import { readModelText } from "../files/regular-file.js";
import { fileError } from "./file-error.js";
import { JsonField } from "./json-field.js";

/** The JSON value in a file of a model, or `undefined` when there is no such file. */
export function readJson(path: string): JsonField | undefined {
  const text = readModelText(path);
  if (text === undefined) return undefined;
  try {
    return new JsonField(path, "", JSON.parse(text.replace(/^\uFEFF/, "")));
  } catch (error) {
    throw fileError(path, "JSON", `something else (${jsonProblem(error)})`, { cause: error });
  }
}
