import type { Encoding } from "../../tokenizer/encoding.js";

/** What a prediction says of an input that was too long. */
export interface Truncatable {
  /** There where the input had more tokens than the model reads, and the prediction is of its beginning. */
  truncated?: true;
}

/** @param encodings what was read of one input */
export function truncatedField(...encodings: readonly Partial<Pick<Encoding, "truncated">>[]): Truncatable {
  return encodings.some(({ truncated }) => truncated) ? { truncated: true } : {};
}
