import type { LibbertError } from "../../errors.js";
import type { NoHead } from "../../models/heads/no-head.js";
import type { OptionsOf } from "../find-spec.js";
import type { HeadConfig, HeadTypes } from "../head.js";
import type { VectorBatch } from "./batch-loss.js";
import type { TextsPrepared, VectorExamples } from "./examples.js";
import type { LossChoice } from "./losses.js";
import type { VectorEvaluation, VectorPrediction } from "./prediction.js";
import type { VectorMaking } from "./vectors.js";

/** How the model makes a vector of a text, and what it is trained for. */
export interface VectorConfig extends HeadConfig, VectorMaking {
  texts: TextsPrepared;
  /** Null for a model that is not trained. */
  loss: LossChoice | null;
  /** Whether the rows that are evaluated say how alike their texts are: those of the training need not. */
  hasScores: boolean;
  /** Whoever trains or evaluates gets this error. Default: none */
  refused?: LibbertError;
}

/** The types of an encoder's parts. */
export interface VectorTypes extends HeadTypes {
  options: OptionsOf<"embedding">;
  rows: VectorExamples;
  batch: VectorBatch;
  config: VectorConfig;
  layers: NoHead;
  input: string;
  prediction: VectorPrediction;
  evaluation: VectorEvaluation;
}
