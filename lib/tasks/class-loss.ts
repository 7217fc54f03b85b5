import { crossEntropy } from "../nn/functional.js";
import { tensor } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { HeadModel, HeadTypes } from "./head.js";

/**
 * The cross entropy of a training loss, as class weights and label smoothing have it: summed over logits [N, C]. Its mean is over
 * `classCount` of the same classes.
 */
export function classLossSum<Types extends HeadTypes>(
  { choices, compute: { device } }: HeadModel<Types>,
  logits: Tensor,
  classes: ArrayLike<number> /* [N] */,
): Tensor {
  const { classWeights, labelSmoothing } = choices;
  const weight = classWeights && tensor(Float32Array.from(classWeights), { device });
  const targets = tensor(Int32Array.from(classes), { dtype: "int64", device });
  return crossEntropy(logits, targets, "sum", { weight, labelSmoothing });
}

/** What a mean over `classLossSum` divides by: the sum of the classes' weights. */
export function classCount<Types extends HeadTypes>(
  { choices: { classWeights } }: HeadModel<Types>,
  classes: ArrayLike<number>,
): number {
  if (classWeights === undefined) return classes.length;
  return Array.from(classes).reduce((sum, label) => sum + classWeights[label]!, 0);
}
