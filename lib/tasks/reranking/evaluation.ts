import { averagePrecision } from "../../metrics/average-precision.js";
import { classificationMetrics, confusionMatrix } from "../../metrics/classification.js";
import { pearson, spearman } from "../../metrics/correlation.js";
import { listMetrics, meanMetrics } from "../../metrics/reranking.js";
import type { RankingExamples, RowKind } from "./examples.js";
import { rankingReport } from "./mistakes.js";
import type { RankingEvaluation } from "./prediction.js";

/** The figures of each kind of rows, the deciding one first. */
export const FIGURES: Record<RowKind, readonly (keyof RankingEvaluation)[]> = {
  lists: ["ndcgAt10", "mrrAt10", "map"],
  labels: ["averagePrecision", "f1", "accuracy"],
  scores: ["spearman", "pearson"],
};

/**
 * The figures of rows whose pairs have these outputs.
 *
 * @param outputs the model's own, which tell apart what an activation may make equal
 * @param activate makes a score of an output
 */
export function evaluateRankings(
  examples: RankingExamples,
  outputs: readonly number[],
  activate: (output: number) => number,
): RankingEvaluation {
  const { kind, rows, truncatedTexts, labels } = examples;
  const scores = outputs.map(activate);
  const rest = { rows, truncatedTexts, report: rankingReport(examples, outputs, scores) };
  if (kind === "lists") return { ...meanFigures(examples, outputs), ...rest };
  if (kind === "labels") return { ...binaryFigures(outputs, labels), ...rest };
  return { spearman: spearman(scores, labels), pearson: pearson(scores, labels), ...rest };
}

function meanFigures({ rows, bounds, labels }: RankingExamples, outputs: readonly number[]) {
  const lists = Array.from({ length: rows }, (_, row) => {
    const [start, end] = [bounds[row]!, bounds[row + 1]!];
    return listMetrics(outputs.slice(start, end), labels.subarray(start, end), 10);
  });
  const { ndcg, mrr, map } = meanMetrics(lists);
  return { ndcgAt10: ndcg, mrrAt10: mrr, map };
}

/** An output above 0 is a sigmoid's above a half. */
function binaryFigures(outputs: readonly number[], labels: Float64Array) {
  const predicted = outputs.map((output) => (output > 0 ? 1 : 0));
  const { accuracy, f1 } = classificationMetrics(confusionMatrix(predicted, labels, 2));
  const isRelevant = Array.from(labels, (label) => label === 1);
  return { averagePrecision: averagePrecision(outputs, isRelevant), f1: f1!, accuracy };
}
