import { readFileSync } from "node:fs";
import { describe, LibbertError } from "../errors.js";
import { isObject } from "../is-object.js";

/**
 * The object in a JSON file.
 *
 * @param option which names the file
 * @throws LibbertError ERR_OPTION, naming the file, when there is none
 */
export function readJsonObject(path: string, option: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new LibbertError(
      "ERR_OPTION",
      `${path}: Expected a JSON file but received ${(error as Error).message}`,
      { cause: error, option },
    );
  }
  if (isObject(value)) return value;
  const message = `${path}: Expected a JSON object but received ${describe(value)}`;
  throw new LibbertError("ERR_OPTION", message, { option });
}
