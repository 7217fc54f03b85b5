import type { LabelledTask } from "../inspection.js";
import { textInspection } from "../texts/inspection.js";
import type { ClassificationPrediction } from "./prediction.js";
import { classLabel } from "./rows.js";

const labelled: LabelledTask = {
  trainingRow({ inputs: [input], labels: [label] = [] }) {
    const [text, textPair] = typeof input === "string" ? [input] : input!;
    return { text, ...(textPair !== undefined && { textPair }), label };
  },
  probabilities(prediction, labels) {
    const { scores } = prediction as ClassificationPrediction;
    return labels.map((label) => scores[label]!);
  },
};

export const classificationInspection = {
  ...textInspection(classLabel, (label) => ({ target: label, labels: [label] })),
  labelled,
};
