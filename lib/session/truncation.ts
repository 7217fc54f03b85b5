import { z } from "zod";

/** Of calls that read texts. */
export const truncation = {
  truncate: z
    .boolean()
    .default(true)
    .describe(
      "cut texts of more tokens than the model reads; otherwise they are refused, before anything is computed",
    ),
};

/** The same for callers. */
export interface TruncationOptions {
  /** Cut texts of more tokens than the model reads; otherwise they are refused, before anything is computed. Default: `true`. */
  truncate?: boolean;
}
