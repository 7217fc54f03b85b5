import { LibbertError } from "../errors.js";

/** The one sentence for a bad file: `<path>: Expected <what> but received <received>`. */
export function fileError(
  path: string,
  what: string,
  received: string,
  options?: ErrorOptions,
): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", `${path}: Expected ${what} but received ${received}`, options);
}
