import { binaryCrossEntropy } from "../../nn/functional.js";
import type { Tensor } from "../../tensor/tensor.js";

/**
 * Cross entropy of independent decisions with those of a teacher, at a temperature: each row's mean over the labels, summed, and times
 * the temperature's square, with which gradients stay of one size (Hinton et al., 2015).
 *
 * @param logits [N, labels] @param answers the teacher's logits, [N, labels]
 */
export function softDecisionsSum(logits: Tensor, answers: Tensor, temperature: number): Tensor {
  const wanted = answers.div(temperature).sigmoid();
  const sum = binaryCrossEntropy(logits.div(temperature), wanted, "sum");
  return sum.mul(temperature ** 2).div(logits.shape[1]!);
}
