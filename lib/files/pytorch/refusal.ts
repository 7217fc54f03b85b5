import { LibbertError } from "../../errors.js";

/** The error for a pickle that is whole, as far as it was read, but is not of weights alone. */
export function refused(path: string, what: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected tensors by their names in ${path} but ${what}; of a pickle, libbert makes tensors and nothing else`,
  );
}
