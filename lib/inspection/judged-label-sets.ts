import { confidentJoint } from "./confident-learning.js";
import type { JudgedRows } from "./judged-labels.js";
import type { LabelErrors, SuspectedLabelSet } from "./report.js";

/** What the worst label counts in a row's score, beside all others. */
const WORST_WEIGHT = 0.8;

/**
 * What confident learning says of rows with any number of labels: of each label apart, whether rows have it or not. A row is suspected
 * where one of them is (Thyagarajan et al., 2022).
 *
 * @param probabilities of each row, for each label
 */
export function judgedLabelSets(
  probabilities: readonly number[][],
  names: readonly string[],
  { rows, store, folds }: JudgedRows,
): Extract<LabelErrors, { of: "label-sets" }> {
  const joints = names.map((name, id) =>
    confidentJoint({
      labels: rows.map(({ labels }) => (labels!.includes(name) ? 1 : 0)),
      probabilities: probabilities.map((own) => [1 - own[id]!, own[id]!]),
      classes: 2,
    }),
  );
  const suspects = rows.flatMap(({ labels }, row): SuspectedLabelSet[] => {
    const has = names.map((name) => labels!.includes(name));
    const confidences = has.map((isThere, id) =>
      isThere ? probabilities[row]![id]! : 1 - probabilities[row]![id]!,
    );
    const doubted = [...names.keys()].filter((id) => {
      const confident = joints[id]!.confidentClasses[row]!;
      return confident >= 0 && (confident === 1) !== has[id];
    });
    if (doubted.length === 0) return [];
    const probability = Math.min(...doubted.map((id) => confidences[id]!));
    const suggested = names.filter((_, id) => has[id] !== doubted.includes(id));
    return [
      {
        location: store.locationOf(row),
        text: store.excerptOf(row),
        labels: names.filter((_, id) => has[id]),
        suggested,
        probability,
        suggestedProbability: 1 - probability,
        margin: rowScore(confidences),
      },
    ];
  });
  suspects.sort((a, b) => a.margin - b.margin);
  return {
    of: "label-sets",
    ...{ folds, labels: [...names], suspects },
    thresholds: joints.map(({ thresholds }) => thresholds as [number, number]),
    confidentJoints: joints.map(({ counts }) => counts),
  };
}

/** The exponential moving average of a row's labels, the worst last. @param confidences in what the row says of each label */
export function rowScore(confidences: readonly number[]): number {
  const [best, ...others] = [...confidences].sort((a, b) => b - a);
  return others.reduce((average, own) => WORST_WEIGHT * own + (1 - WORST_WEIGHT) * average, best!);
}
