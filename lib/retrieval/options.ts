import { z } from "zod";
import { SIMILARITIES } from "../checkpoint/sentence/settings.js";
import type { Vector } from "../features/options.js";
import { threadsOption } from "../options/compute-options.js";
import { optionMeta } from "../options/option.js";

/** Some vectors of one length: one by one, or one behind the other, with `dim` numbers each. */
export type Vectors = readonly Vector[] | { values: Float32Array; dim: number };

/** A vector that was found. */
export interface FoundVector {
  /** Which of the vectors it is, from 0. */
  index: number;
  /** How alike it is to the query: more is more alike. */
  score: number;
}

/** How vectors are compared. */
export const indexOptions = z.strictObject({
  similarity: z
    .enum(SIMILARITIES)
    .default("cosine")
    .describe("how alike two vectors are: their cosine, their product, or their distance with a minus"),
  threads: threadsOption,
});

/** How they are searched. */
export const searchVectorsOptions = z.strictObject({
  topK: z
    .int()
    .positive()
    .default(10)
    .describe("how many vectors are found for each query")
    .register(optionMeta, { unit: "vectors" }),
});
