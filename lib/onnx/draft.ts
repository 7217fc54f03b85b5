import type { GraphBuilder } from "./graph-builder.js";
import type { ExportWeights } from "./weights.js";

/** A graph on its way, and the weights of the model that it is made of. */
export interface Draft {
  graph: GraphBuilder;
  weights: ExportWeights;
  /** Whether the weights of the encoder's linear layers, and the words' vectors, become integers of 8 bits. */
  isQuantised: boolean;
  /** What logits are divided by, for a model that is calibrated; else 1. */
  temperature: number;
}
