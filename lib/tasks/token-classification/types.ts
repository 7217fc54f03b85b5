import type { TokenHead } from "../../models/heads/token-head.js";
import type { WeightedClasses } from "../class-loss.js";
import type { OptionsOf } from "../find-spec.js";
import type { HeadTypes, TaskBatch } from "../head.js";
import type { TokenClassificationPredictOptions } from "../predict-option-types.js";
import type { TaggingConfig } from "./config.js";
import type { TaggingExamples } from "./examples.js";
import type { EntityPrediction, TokenClassificationEvaluation } from "./prediction.js";
import type { WordsInput } from "./words.js";

/** The task's own options of a run. */
export type TaggingOptions = OptionsOf<"token-classification">;

/** Windows with the classes of their words. */
export interface TaggingBatch extends TaskBatch, WeightedClasses {
  /** Where the words begin among the batch's tokens. */
  positions: Int32Array; // [words]
  classes: Int32Array; // [words]
}

export interface TokenClassificationTypes extends HeadTypes {
  input: WordsInput;
  prediction: EntityPrediction[];
  predictOptions: TokenClassificationPredictOptions;
  evaluation: TokenClassificationEvaluation;
  options: TaggingOptions;
  rows: TaggingExamples;
  batch: TaggingBatch;
  config: TaggingConfig;
  layers: TokenHead;
}
