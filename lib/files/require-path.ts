import { expected } from "../errors.js";

/** What a path has to be beside a text: Node.js refuses another one without a word of which option has it. */
export const WITHOUT_NULL_BYTES = "a path without null bytes";

/** Whether a text may be a path: no file system has names with null bytes. What is no text, others refuse. */
export function hasNoNullByte(value: unknown): boolean {
  return !(typeof value === "string" && value.includes("\0"));
}

/**
 * Checks a path that is an argument of its own.
 *
 * @param what it leads to
 * @throws LibbertError ERR_OPTION for one that is no text, or has a null byte
 */
export function requirePath(path: unknown, what: string, name: string): void {
  if (typeof path !== "string") throw expected(`the path of ${what}`, name, path);
  if (!hasNoNullByte(path)) throw expected(WITHOUT_NULL_BYTES, name, path);
}
