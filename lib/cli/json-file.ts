import { readFileSync } from "node:fs";
import { describe, jsonProblem, LibbertError } from "../errors.js";
import { isObject } from "../is-object.js";

/**
 * The object in a JSON file.
 *
 * @param option which names the file
 * @throws LibbertError ERR_OPTION, naming the option and the file, when there is none
 */
export function readJsonObject(path: string, option: string): Record<string, unknown> {
  const fail = (received: string, cause?: unknown): never => {
    const message = `Expected a file with a JSON object for ${option} but received ${describe(path)}: ${received}`;
    throw new LibbertError("ERR_OPTION", message, { cause, option });
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return fail(jsonProblem(error), error);
  }
  return isObject(value) ? value : fail(`it holds ${describe(value)}`);
}
