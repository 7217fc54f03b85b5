import { LibbertError } from "../errors.js";

/** A loss, gradient or output was not finite; the model has earlier weights again. */
export class Divergence extends LibbertError {
  constructor(
    cause: LibbertError,
    /** How many updates the model has been through now; null where its very first loss was bad. */
    readonly lastGoodStep: number | null,
  ) {
    const outcome =
      lastGoodStep === null
        ? "No update was made"
        : `The model has the weights after step ${lastGoodStep} again`;
    super("ERR_NON_FINITE", `${cause.message}. ${outcome}`, { cause });
  }
}
