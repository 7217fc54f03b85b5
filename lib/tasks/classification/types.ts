import type { OptionsOf } from "../find-spec.js";
import type { TextTypes } from "../texts/text-task.js";
import type { ClassificationEvaluation, ClassificationPrediction } from "./prediction.js";

/** The types of a classifier's parts. Targets are class numbers. */
export interface ClassificationTypes extends TextTypes<number> {
  options: OptionsOf<"classification">;
  batch: TextTypes<number>["batch"] & { targets: Int32Array };
  prediction: ClassificationPrediction;
  evaluation: ClassificationEvaluation;
}
