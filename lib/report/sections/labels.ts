import { type Section, table } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf } from "../numbers.js";
import type { EvaluationReport, LabelScores } from "../read/evaluation-report.js";

/** Labels that a page has room for: of more, those with the lowest F1. */
const MOST_LABELS = 200;

/** How well each label, or type of entities, is found. */
export function labelsSection({ labels, types }: EvaluationReport): Section | null {
  const scores = labels ?? types;
  if (scores === undefined || scores.length === 0) return null;
  const what = labels ? "label" : "type";
  const shown = worstLabels(scores);
  const hasThresholds = scores.some(({ threshold }) => threshold !== undefined);
  const head = [what, "precision", "recall", "F1", "rows", ...(hasThresholds ? ["threshold"] : [])];
  const rows = shown.map(({ label, precision, recall, f1, support, threshold }): Content[] => [
    label,
    ...[precision, recall, f1, support].map((value) => dataOf(value)),
    ...(hasThresholds ? [dataOf(threshold)] : []),
  ]);
  return {
    id: "labels",
    title: labels ? "Labels" : "Types",
    content: [
      shown.length < scores.length &&
        html`<p>Of ${scores.length} ${what}s, the ${shown.length} with the lowest F1 are shown.</p>`,
      table({ caption: `Scores of each ${what} on the validation rows`, head, rows }),
    ],
  };
}

function worstLabels(scores: readonly LabelScores[]): readonly LabelScores[] {
  if (scores.length <= MOST_LABELS) return scores;
  return [...scores].sort((a, b) => a.f1 - b.f1).slice(0, MOST_LABELS);
}
