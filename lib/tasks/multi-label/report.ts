import type { SequenceExamples } from "../texts/examples.js";
import { worstMistakes } from "../texts/mistakes.js";
import { type LabelSet, scoresOfLabels } from "./metrics.js";
import type { MultiLabelReport } from "./prediction.js";

/** @param predicted one set of labels a row @param losses one a row */
export function multiLabelReport(
  labels: readonly string[],
  thresholds: readonly number[],
  evaluated: {
    examples: SequenceExamples<Uint8Array>;
    predicted: readonly LabelSet[];
    losses: readonly number[];
  },
): MultiLabelReport {
  const { examples, predicted, losses } = evaluated;
  const { targets } = examples;
  const namesOf = (set: LabelSet) => labels.filter((_, id) => set[id] === 1);
  const scores = scoresOfLabels(predicted, targets, labels.length);
  return {
    labels: scores.map((ofLabel, id) => ({ label: labels[id]!, threshold: thresholds[id]!, ...ofLabel })),
    worstMistakes: worstMistakes(examples, losses, (row) => {
      const isRight = targets[row]!.every((has, id) => has === predicted[row]![id]);
      return isRight ? null : { expected: namesOf(targets[row]!), predicted: namesOf(predicted[row]!) };
    }),
  };
}
