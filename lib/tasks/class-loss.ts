import { crossEntropy, klDiv } from "../nn/functional.js";
import type { Tensor } from "../tensor/tensor.js";
import type { HeadModel, HeadTypes } from "./head.js";

/** What a batch has for its loss where classes count differently. */
export interface WeightedClasses {
  classWeights?: Float32Array; // [C]
}

/** The weights of a model's classes, for its batches. */
export function weightedClasses<Types extends HeadTypes>({
  choices: { classWeights },
}: HeadModel<Types>): WeightedClasses {
  return classWeights ? { classWeights: Float32Array.from(classWeights) } : {};
}

/**
 * The cross entropy of a training loss, as class weights and label smoothing have it: summed over logits [N, C]. Its mean is over
 * `classCount` of the same classes.
 *
 * @param classes int32 [N]; -100 for a row that does not count
 * @param weight of each class. Default: 1
 */
export function classLossSum<Types extends HeadTypes>(
  { choices: { labelSmoothing } }: HeadModel<Types>,
  logits: Tensor,
  classes: Tensor,
  weight?: Tensor,
): Tensor {
  return crossEntropy(logits, classes.to("int64"), "sum", { weight, labelSmoothing });
}

/** What a mean over `classLossSum` divides by: the sum of the classes' weights. */
export function classCount<Types extends HeadTypes>(
  { choices: { classWeights } }: HeadModel<Types>,
  classes: ArrayLike<number>,
): number {
  if (classWeights === undefined) return classes.length;
  return Array.from(classes).reduce((sum, label) => sum + classWeights[label]!, 0);
}

/**
 * How far the model's probabilities are from a teacher's, at a temperature, by Kullback and Leibler's divergence: summed over
 * logits [N, C], and times the temperature's square, with which gradients stay of one size (Hinton et al., 2015).
 *
 * @param answers the teacher's logits, or what differs from them by a number for each row, such as log-probabilities
 */
export function softLossSum(logits: Tensor, answers: Tensor, temperature: number): Tensor {
  const own = logits.div(temperature).logSoftmax(-1);
  const wanted = answers.div(temperature).logSoftmax(-1);
  return klDiv(own, wanted, "sum", { logTarget: true }).mul(temperature ** 2);
}
