import { LibbertError } from "../errors.js";

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
    `Expected to write ${what} to ${path} for ${option} but received ${(cause as Error).message}`,
    { cause, option },
  );
}
