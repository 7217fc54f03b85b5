import type { RegressionPrediction } from "../tasks/regression/prediction.js";
import type { RankedDocument } from "./options.js";

/**
 * Documents by their scores, the best first; of equal ones, in their own order.
 *
 * @param scores one a document
 * @param choice.topK how many are given. Default: all
 */
export function rankedDocuments(
  documents: readonly string[],
  scores: readonly RegressionPrediction[],
  { topK, returnDocuments }: { topK?: number; returnDocuments: boolean },
): RankedDocument[] {
  const ranked = scores.map(({ score, ...cut }, index) => ({
    index,
    score,
    ...(returnDocuments && { document: documents[index]! }),
    ...cut,
  }));
  return ranked.sort((a, b) => b.score - a.score).slice(0, topK);
}
