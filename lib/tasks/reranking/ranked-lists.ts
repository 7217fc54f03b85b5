import type { Tensor } from "../../tensor/tensor.js";

/** What a model makes of some queries with their documents, D of them in all, and what is right. */
export interface RankedLists {
  /** What the model gives, before any activation. */
  logits: Tensor; // [D]
  /** How relevant each document is, or the logit that a teacher gives it. */
  labels: Float64Array; // [D]
  /** Where each query's documents start, and at the end D. */
  bounds: Int32Array; // [queries + 1]
}
