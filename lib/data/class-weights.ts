import { sumOf } from "../arrays.js";
import { expected } from "../errors.js";
import { quoted } from "./data-error.js";

/** "balanced", a weight for each label in class order, or weights by label; labels that these leave out have 1. */
export type ClassWeights = "balanced" | readonly number[] | Readonly<Record<string, number>>;

/**
 * The weight of each class in the loss. "balanced" gives every class the same total: rows / (classes · rows of the
 * class), as scikit-learn's `compute_class_weight`; a class without rows has 1.
 *
 * @param counts rows of each class
 * @throws ERR_OPTION for a list of another length than the labels, or a label that is not among them
 */
export function classWeightsOf(
  weights: ClassWeights,
  labels: readonly string[],
  counts: readonly number[],
): number[] {
  if (weights === "balanced") return balancedWeights(counts);
  if (isList(weights)) {
    if (weights.length === labels.length) return [...weights];
    throw expected(`${labels.length} weights, one for each label,`, "classWeights", weights);
  }
  const unknown = Object.keys(weights).find((label) => !labels.includes(label));
  if (unknown !== undefined)
    throw expected(`weights of the labels ${quoted(labels)}`, "classWeights", unknown);
  return labels.map((label) => weights[label] ?? 1);
}

function isList(weights: ClassWeights): weights is readonly number[] {
  return Array.isArray(weights);
}

/** How often each class occurs. */
export function countClasses(classes: Iterable<number>, numClasses: number): number[] {
  const counts = new Array<number>(numClasses).fill(0);
  for (const label of classes) counts[label]!++;
  return counts;
}

function balancedWeights(counts: readonly number[]): number[] {
  const occurring = counts.filter((count) => count > 0);
  const rows = sumOf(occurring);
  return counts.map((count) => (count > 0 ? rows / (occurring.length * count) : 1));
}
