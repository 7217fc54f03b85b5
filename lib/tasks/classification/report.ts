import { CALIBRATION_BINS, calibration } from "../../metrics/calibration.js";
import { type ConfusionMatrix, scoresOfClasses } from "../../metrics/classification.js";
import type { SequenceExamples } from "../texts/examples.js";
import { worstMistakes } from "../texts/mistakes.js";
import type { ClassificationReport } from "./prediction.js";

/** @param predicted class numbers, one a row @param losses the rows' cross entropies */
export function classificationReport(
  matrix: ConfusionMatrix,
  labels: readonly string[],
  {
    examples,
    predicted,
    confidences,
    losses,
  }: {
    examples: SequenceExamples<number>;
    predicted: readonly number[];
    confidences: readonly number[];
    losses: readonly number[];
  },
): ClassificationReport {
  const { targets } = examples;
  const isRight = predicted.map((label, row) => label === targets[row]);
  return {
    labels: scoresOfClasses(matrix).map((scores, id) => ({ label: labels[id]!, ...scores })),
    confusionMatrix: matrix,
    calibration: calibration(confidences, isRight, CALIBRATION_BINS),
    worstMistakes: worstMistakes(examples, losses, (row) =>
      isRight[row] ? null : { expected: labels[targets[row]!]!, predicted: labels[predicted[row]!]! },
    ),
  };
}
