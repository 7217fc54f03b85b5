import type { JudgedPart } from "../tasks/head.js";
import { confidentJoint, normalisedMargin } from "./confident-learning.js";
import type { JudgedRows } from "./judged-labels.js";
import type { LabelErrors, SuspectedTag } from "./report.js";

/**
 * What confident learning says of the tags of all words together. A sentence is suspected where one of its words is, and is as good as
 * its worst one (Wang and Mueller, 2022).
 *
 * @param judged the words of each row
 */
export function judgedTags(
  judged: readonly JudgedPart[][],
  names: readonly string[],
  { rows, store, folds }: JudgedRows,
): Extract<LabelErrors, { of: "tags" }> {
  const words = judged.flatMap((own, row) => own.map((word) => ({ row, ...word })));
  const { thresholds, counts, confidentClasses } = confidentJoint({
    labels: words.map(({ label }) => label),
    probabilities: words.map(({ probabilities }) => probabilities),
    classes: names.length,
  });
  const worst = new Map<number, SuspectedTag>();
  const margins = new Float64Array(rows.length).fill(1);
  for (const [index, { row, part, label, probabilities }] of words.entries()) {
    const margin = normalisedMargin(probabilities, label);
    margins[row] = Math.min(margins[row]!, margin);
    const suggested = confidentClasses[index]!;
    if (suggested < 0 || suggested === label) continue;
    const before = worst.get(row);
    const suspectedWords = (before?.suspectedWords ?? 0) + 1;
    const suspect = {
      location: store.locationOf(row),
      text: store.excerptOf(row),
      word: rows[row]!.tagged!.words[part]!,
      wordIndex: part,
      label: names[label]!,
      suggested: names[suggested]!,
      probability: probabilities[label]!,
      suggestedProbability: probabilities[suggested]!,
      margin,
    };
    const isWorst = before === undefined || margin < before.margin;
    worst.set(row, { ...(isWorst ? suspect : before), suspectedWords });
  }
  const suspects = [...worst].map(([row, suspect]) => ({ ...suspect, margin: margins[row]! }));
  suspects.sort((a, b) => a.margin - b.margin);
  return { of: "tags", folds, labels: [...names], thresholds, confidentJoint: counts, suspects };
}
