import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expected } from "../errors.js";

const RESULT = "result.json";

type JsonObject = Record<string, unknown>;

/**
 * What an earlier call stored for one run of several; null where there is nothing.
 *
 * @param name what the caller's option is called
 * @throws LibbertError ERR_OPTION when it was trained with other options
 */
export function storedResult<Result>(directory: string, options: object, name: string): Result | null {
  const path = join(directory, RESULT);
  if (!existsSync(path)) return null;
  const stored = JSON.parse(readFileSync(path, "utf8")) as { options: JsonObject; result: Result };
  const others = differences(stored.options, JSON.parse(JSON.stringify(options)));
  if (others.length === 0) return stored.result;
  throw expected(`the options that ${directory} was trained with`, name, `others: ${others.join(", ")}`);
}

/** The names of the options that are not the same. */
function differences(stored: JsonObject, asked: JsonObject): string[] {
  const names = new Set([...Object.keys(stored), ...Object.keys(asked)]);
  return [...names].filter((name) => !isDeepStrictEqual(stored[name], asked[name]));
}

/** Stores the result of a run that is done: it will not be trained again. */
export function storeResult(directory: string, options: object, result: object): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, RESULT), `${JSON.stringify({ options, result }, null, 2)}\n`);
}
