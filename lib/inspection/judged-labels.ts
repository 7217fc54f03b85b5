import type { InspectedRow } from "../tasks/inspection.js";
import { confidentJoint, normalisedMargin } from "./confident-learning.js";
import type { LabelErrors, SuspectedLabel } from "./report.js";
import type { RowStore } from "./row-store.js";

/** Rows that were judged. */
export interface JudgedRows {
  rows: readonly InspectedRow[];
  store: RowStore;
  /** Models that judged them. */
  folds: number;
}

/** What confident learning says of rows with one label each. @param probabilities of each row, for each label */
export function judgedLabels(
  probabilities: readonly number[][],
  names: readonly string[],
  { rows, store, folds }: JudgedRows,
): Extract<LabelErrors, { of: "labels" }> {
  const labels = rows.map(({ labels: own }) => names.indexOf(own![0]!));
  const joint = confidentJoint({ labels, probabilities, classes: names.length });
  const { thresholds, counts, confidentClasses } = joint;
  const suspects = [...rows.keys()]
    .filter((row) => confidentClasses[row]! >= 0 && confidentClasses[row] !== labels[row])
    .map((row): SuspectedLabel => {
      const label = labels[row]!;
      const suggested = confidentClasses[row]!;
      return {
        location: store.locationOf(row),
        text: store.excerptOf(row),
        label: names[label]!,
        suggested: names[suggested]!,
        probability: probabilities[row]![label]!,
        suggestedProbability: probabilities[row]![suggested]!,
        margin: normalisedMargin(probabilities[row]!, label),
      };
    });
  suspects.sort((a, b) => a.margin - b.margin);
  return { of: "labels", folds, labels: [...names], thresholds, confidentJoint: counts, suspects };
}
