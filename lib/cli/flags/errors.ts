import type { z } from "zod";
import { LibbertError } from "../../errors.js";
import { unwrap } from "../../options/schema.js";
import { type Flag, flagFor, flagName, withFlagNames } from "./flags.js";

/** @throws ERR_OPTION for the first required option that is not given */
export function requireAll(flags: readonly Flag[], options: Readonly<Record<string, unknown>>): void {
  const absent = flags.find(({ path, missing }) => missing !== undefined && options[path[0]!] === undefined);
  if (absent) throw new LibbertError("ERR_OPTION", absent.missing!, { option: absent.path.join(".") });
}

/** The error about a required flag of a command that has no schema: commander's own would hide that it is misspelt. */
export function notGiven(flags: string, description: string): LibbertError {
  return new LibbertError("ERR_OPTION", `Expected ${flags}: ${description}`);
}

/**
 * @param given options of all tasks
 * @param shape the options of the model's task
 * @throws ERR_OPTION for one that this task does not have
 */
export function requireOwn(given: object, shape: z.ZodRawShape, task: string): void {
  const other = givenPaths(given).find((path) => !isIn(shape, path));
  if (!other) return;
  const message = `Expected no ${flagName(other)}: the model is for ${task}`;
  throw new LibbertError("ERR_OPTION", message, { option: other.join(".") });
}

function givenPaths(given: object): string[][] {
  const values = Object.entries(given).filter(([, value]) => value !== undefined);
  return values.flatMap(([name, value]) =>
    typeof value === "object" && !Array.isArray(value)
      ? givenPaths(value).map((path) => [name, ...path])
      : [[name]],
  );
}

function isIn(shape: z.ZodRawShape, [name, ...inner]: readonly string[]): boolean {
  const field = shape[name!];
  if (field === undefined || inner.length === 0) return field !== undefined;
  return isIn((unwrap(field) as z.ZodObject).shape, inner);
}

/**
 * The error with its option, what the message says to set, and other options in it named as on the command line: `for seed`
 * becomes `for --seed`, `overwrite: true` becomes `--overwrite`, `columns.text` becomes `--text-column`, and `loadBest`
 * becomes `--load-best`.
 */
export function namingFlags(error: unknown, flags: readonly Flag[]): unknown {
  if (!(error instanceof LibbertError)) return error;
  const { code, message, option } = error;
  const flag = option === undefined ? undefined : flagFor(option, flags);
  const named = flag ? withFlag(message, option!, flag) : message;
  const hinted = named.replace(/\b(\w+): true\b/g, (hint, name) => flagFor(name, flags) ?? hint);
  return new LibbertError(code, withFlagNames(hinted, flags), { cause: error, option });
}

/** Errors name an option in one of two sentences: `Expected <what> for <option> but …` and `Unknown option "<option>"`. */
function withFlag(message: string, option: string, flag: string): string {
  return message
    .replace(` for ${option} but received undefined`, ` for ${flag} but it is not given`)
    .replace(` for ${option} but `, ` for ${flag} but `)
    .replace(`option "${option}"`, `option ${flag}`);
}
