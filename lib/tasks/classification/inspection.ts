import { labelledTexts, textInspection } from "../texts/inspection.js";
import type { ClassificationPrediction } from "./prediction.js";
import { classLabel } from "./rows.js";

export const classificationInspection = {
  ...textInspection(classLabel, (label) => ({ target: label, labels: [label] })),
  labelled: labelledTexts("label", (prediction) => (prediction as ClassificationPrediction).scores),
};
