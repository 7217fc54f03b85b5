import { LibbertError } from "../errors.js";

/** What the system says, without the path: it may be that of a draft, which the user does not know. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/, \w+ '.*'$/s, "");
}

/**
 * The one sentence for what could not be written: a full disk, a folder that turned read-only or is gone.
 *
 * @param what such as "the model"
 * @param option which gives the path, as the caller calls it
 */
export function writeError(what: string, path: string, option: string, cause: unknown): LibbertError {
  if (cause instanceof LibbertError) return cause;
  return new LibbertError(
    "ERR_RUNTIME",
    `Expected to write ${what} to ${path} for ${option} but received ${reasonOf(cause)}`,
    { cause, option },
  );
}
