import { probabilitiesOf } from "../../calibration/scored-row.js";
import { binaryCrossEntropy, mseLoss } from "../../nn/functional.js";
import { cat, ones, tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import { lambdaCount, lambdaSum } from "./lambda-loss.js";
import type { RankedLists } from "./ranked-lists.js";

/** A loss, and how it is made. */
export type LossChoice =
  | { loss: "binary-cross-entropy"; posWeight: number }
  | { loss: "list-net" }
  | { loss: "lambda" }
  | { loss: "mse" }
  | { loss: "margin-mse" };

/**
 * Losses added up: of each document, of each query, of each document but a query's first, or of each pair of a query's documents.
 * Shape []. The names and definitions are sentence-transformers'.
 */
export function lossSum(choice: LossChoice, lists: RankedLists): Tensor {
  switch (choice.loss) {
    case "binary-cross-entropy":
      return binarySum(lists, choice.posWeight);
    case "list-net":
      return listNetSum(lists);
    case "lambda":
      return lambdaSum(lists);
    case "mse":
      return mseLoss(lists.logits, targetsOf(lists.labels, lists.logits), "sum");
    case "margin-mse":
      return marginSum(lists);
  }
}

/** How many losses those are. */
export function lossCount({ loss }: LossChoice, lists: Omit<RankedLists, "logits">): number {
  if (loss === "lambda") return lambdaCount(lists);
  const { labels, bounds } = lists;
  const queries = bounds.length - 1;
  if (loss === "list-net") return queries;
  return loss === "margin-mse" ? labels.length - queries : labels.length;
}

/** Cross entropy of each document's label; what speaks for a label of 1 counts `posWeight` times, as in PyTorch's BCEWithLogitsLoss. */
function binarySum({ logits, labels }: RankedLists, posWeight: number): Tensor {
  const targets = targetsOf(labels, logits);
  const sum = binaryCrossEntropy(logits, targets, "sum");
  if (posWeight === 1) return sum;
  const ofRelevant = binaryCrossEntropy(logits, ones(logits.shape, { device: logits.device }), "none");
  return sum.add(
    ofRelevant
      .mul(targets)
      .sum()
      .mul(posWeight - 1),
  );
}

/** Squared errors of how far each query's first document lies above each of its others (Hofstätter et al., 2020). */
function marginSum({ logits, labels, bounds }: RankedLists): Tensor {
  const firstOf = Int32Array.from(labels);
  for (const [query, start] of bounds.subarray(0, -1).entries())
    firstOf.fill(start, start, bounds[query + 1]!);
  const wanted = labels.map((label, document) => labels[firstOf[document]!]! - label);
  const first = logits.indexSelect(0, tensor(firstOf, { device: logits.device }));
  return mseLoss(first.sub(logits), targetsOf(wanted, logits), "sum"); // of a first document with itself: 0
}

function targetsOf(labels: Float64Array, { device }: Tensor): Tensor {
  return tensor(Float32Array.from(labels), { device });
}

/** Cross entropy of the softmax of a query's labels with that of its documents' logits (Cao et al., 2007). */
function listNetSum({ logits, labels, bounds }: RankedLists): Tensor {
  const lists = Array.from(bounds.subarray(0, -1), (start, list) => ({ start, end: bounds[list + 1]! }));
  const shares = Float32Array.from(
    lists.flatMap(({ start, end }) => [...probabilitiesOf(labels.subarray(start, end))]),
  );
  const normalisers = lists.map(({ start, end }) =>
    logits.narrow(0, start, end - start).logsumexp([0], true),
  );
  const expected = logits.mul(tensor(shares, { device: logits.device })).sum();
  return cat(normalisers).sum().sub(expected);
}
