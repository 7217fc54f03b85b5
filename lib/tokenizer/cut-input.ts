import { LibbertError } from "../errors.js";

/** The number of the first of some inputs that lost tokens; undefined where none did. */
export function firstCut(inputs: readonly { truncated?: boolean }[]): number | undefined {
  const cut = inputs.findIndex(({ truncated }) => truncated);
  return cut < 0 ? undefined : cut;
}

/** The error for an input that would be cut though it may not. @param input its number, from 0 */
export function cutInput(input: number): LibbertError {
  const message = `inputs.${input} has more tokens than the model reads: shorten it, or set truncate to true`;
  return new LibbertError("ERR_DATA", message, { option: "truncate" });
}

/** @throws LibbertError ERR_DATA for the first input that lost tokens, unless it may be cut */
export function refuseCut(inputs: readonly { truncated?: boolean }[], mayCut: boolean): void {
  const cut = mayCut ? undefined : firstCut(inputs);
  if (cut !== undefined) throw cutInput(cut);
}
