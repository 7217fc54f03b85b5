import { elementSize } from "../files/dtype.js";
import type { Tensor } from "../tensor/tensor.js";
import type { FlatParameters } from "./flat-parameters.js";
import type { Optimizer } from "./optimizer.js";

/** Bytes of what a training holds from its first update to its last. */
export interface TrainingState {
  /** With the float32 masters. */
  weights: number;
  gradients: number;
  optimizer: number;
}

export function trainingState(
  { groups, frozen }: FlatParameters,
  { buffers }: Pick<Optimizer, "buffers">,
): TrainingState {
  const weights = [...groups, ...frozen].flatMap(({ master, weight }) => [master, weight]);
  const gradients = groups.flatMap(({ gradient, gradientSum }) => [gradient, gradientSum]);
  return {
    weights: bytesOf(new Set(weights)), // one tensor where the model computes with its masters
    gradients: bytesOf(gradients.filter((tensor) => tensor !== null)),
    optimizer: bytesOf(Object.values(buffers).flat()),
  };
}

function bytesOf(tensors: Iterable<Tensor>): number {
  let bytes = 0;
  for (const { size, dtype } of tensors) bytes += size * elementSize(dtype);
  return bytes;
}
