import { binaryCrossEntropy } from "../../nn/functional.js";
import { ones, tensor, zeros } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { RankedLists } from "./ranked-lists.js";

/** How much the places' distance counts beside the places themselves. */
const MU = 10;
/** Of probabilities: what is less counts as this, and its gradient is 0. */
const LEAST = 1e-10;

/** Two documents of a query, of which the first is more relevant. */
interface Pair {
  more: number;
  less: number;
  weight: number;
}

/**
 * -log2 of the probability that the more relevant of two documents stands first, to the power of the pair's weight (Wang et al., 2018),
 * over all pairs of one query's documents with different labels. The weights are those of NDCG-Loss2++.
 */
export function lambdaSum({ logits, labels, bounds }: RankedLists): Tensor {
  const outputs = logits.detach().toFloat32Array();
  const pairs = Array.from(bounds.subarray(0, -1), (start, list) =>
    pairsOf(outputs, labels, start, bounds[list + 1]!),
  ).flat();
  const { device } = logits;
  if (pairs.length === 0) return logits.sum().mul(0);
  const of = (side: "more" | "less") =>
    logits.indexSelect(
      0,
      tensor(
        Int32Array.from(pairs, (pair) => pair[side]),
        { device },
      ),
    );
  const difference = of("more").sub(of("less"));
  const surprise = binaryCrossEntropy(difference, ones(difference.shape, { device }), "none"); // -ln of the probability
  const weights = tensor(
    Float32Array.from(pairs, ({ weight }) => weight),
    { device },
  );
  const most = -Math.log(LEAST);
  return atMost(atMost(surprise, most).mul(weights), most).sum().div(Math.LN2);
}

/** How many pairs those are. */
export function lambdaCount({ labels, bounds }: Omit<RankedLists, "logits">): number {
  let count = 0;
  for (let list = 0; list < bounds.length - 1; list++) {
    const own = labels.subarray(bounds[list]!, bounds[list + 1]!);
    for (const label of own) count += own.filter((other) => other < label).length;
  }
  return count;
}

/** The pairs of the documents from `start` to `end`, weighted by where their outputs put them. */
function pairsOf(outputs: Float32Array, labels: Float64Array, start: number, end: number): Pair[] {
  const order = Array.from({ length: end - start }, (_, document) => start + document);
  order.sort((a, b) => outputs[b]! - outputs[a]!);
  const gains = gainsOf(labels, order);
  const pairs: Pair[] = [];
  for (const [i, more] of order.entries()) {
    for (const [j, less] of order.entries()) {
      if (!(labels[more]! > labels[less]!)) continue;
      const distance = Math.abs(i - j);
      const byDistance = discount(distance) - discount(distance + 1);
      const byPlaces = Math.abs(discount(i + 1) - discount(j + 1));
      const weight = (MU * byDistance + byPlaces) * Math.abs(gains[i]! - gains[j]!);
      pairs.push({ more, less, weight });
    }
  }
  return pairs;
}

/** What each document gains, as a share of what the best order of all gives. */
function gainsOf(labels: Float64Array, order: readonly number[]): number[] {
  const gain = (label: number) => 2 ** Math.max(0, label) - 1;
  const best = order.map((document) => labels[document]!).sort((a, b) => b - a);
  const most = best.reduce((sum, label, place) => sum + gain(label) * discount(place + 1), 0);
  return order.map((document) => gain(labels[document]!) / Math.max(most, LEAST));
}

/** @param place from 1 */
function discount(place: number): number {
  return 1 / Math.log2(1 + place);
}

function atMost(values: Tensor, most: number): Tensor {
  return zeros([1], { device: values.device }).add(most).sub(values.mul(-1).add(most).relu());
}
