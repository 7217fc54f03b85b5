import { binaryCrossEntropy } from "../../nn/functional.js";
import { cat, ones, tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";

/** What a model makes of some queries with their documents, D of them in all, and what is right. */
export interface RankedLists {
  /** What the model gives, before any activation. */
  logits: Tensor; // [D]
  /** How relevant each document is. */
  labels: Float64Array; // [D]
  /** Where each query's documents start, and at the end D. */
  bounds: Int32Array; // [queries + 1]
}

/** A loss, and how it is made. */
export type LossChoice = { loss: "binary-cross-entropy"; posWeight: number } | { loss: "list-net" };

/** Losses added up: of each document, or of each query. Shape []. The names and definitions are sentence-transformers'. */
export function lossSum(choice: LossChoice, lists: RankedLists): Tensor {
  return choice.loss === "list-net" ? listNetSum(lists) : binarySum(lists, choice.posWeight);
}

/** How many losses those are. */
export function lossCount({ loss }: LossChoice, { labels, bounds }: Omit<RankedLists, "logits">): number {
  return loss === "list-net" ? bounds.length - 1 : labels.length;
}

/** Cross entropy of each document's label; what speaks for a label of 1 counts `posWeight` times, as in PyTorch's BCEWithLogitsLoss. */
function binarySum({ logits, labels }: RankedLists, posWeight: number): Tensor {
  const targets = tensor(Float32Array.from(labels), { device: logits.device });
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

/** Cross entropy of the softmax of a query's labels with that of its documents' logits (Cao et al., 2007). */
function listNetSum({ logits, labels, bounds }: RankedLists): Tensor {
  const lists = Array.from(bounds.subarray(0, -1), (start, list) => ({ start, end: bounds[list + 1]! }));
  const shares = Float32Array.from(lists.flatMap(({ start, end }) => softmax(labels.subarray(start, end))));
  const normalisers = lists.map(({ start, end }) =>
    logits.narrow(0, start, end - start).logsumexp([0], true),
  );
  const expected = logits.mul(tensor(shares, { device: logits.device })).sum();
  return cat(normalisers).sum().sub(expected);
}

function softmax(values: Float64Array): number[] {
  const largest = Math.max(...values);
  const powers = Array.from(values, (value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
