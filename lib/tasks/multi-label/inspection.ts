import { labelledTexts, textInspection } from "../texts/inspection.js";
import type { MultiLabelPrediction } from "./prediction.js";
import { labelSet } from "./rows.js";

export const multiLabelInspection = {
  ...textInspection(labelSet, (labels) => ({ target: [...labels].sort().join(" | "), labels })),
  labelled: labelledTexts("label-set", (prediction) => (prediction as MultiLabelPrediction).scores),
};
