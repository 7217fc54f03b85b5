import type { MaskedWordHead } from "../../models/heads/masked-word-head.js";
import type { OptionsOf } from "../find-spec.js";
import type { HeadConfig, HeadTypes } from "../head.js";
import type { MaskedWordsExamples } from "./examples.js";
import type { MaskedWordsBatch, MaskingOptions } from "./masked-batch.js";
import type { MaskedWordsEvaluation, MaskPredictions } from "./prediction.js";

/** How words are masked. */
type MaskingChoices = Pick<MaskingOptions, "maskRate" | "wholeWord">;

/** A model that was loaded masks words as by default. */
export interface MaskedWordsConfig extends HeadConfig, MaskingChoices {
  /** Whether the decoder has weights of its own. */
  hasOwnDecoder: boolean;
}

export interface MaskedWordsTypes extends HeadTypes {
  input: string;
  prediction: MaskPredictions;
  predictOptions: { topK: number };
  evaluation: MaskedWordsEvaluation;
  options: OptionsOf<"masked-words">;
  rows: MaskedWordsExamples;
  batch: MaskedWordsBatch;
  config: MaskedWordsConfig;
  layers: MaskedWordHead;
}
