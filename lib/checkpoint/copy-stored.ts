import { elementSize } from "../files/dtype.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { CheckpointWeights } from "./weights.js";

/**
 * What is read at a time, whole elements of any type: no tensor is in memory as a whole a second time, and one buffer serves them
 * all.
 */
const SLICE_BYTES = 2 ** 20;

/**
 * Copies stored tensors into others of the same shape, which are contiguous and may be of another type.
 *
 * @param targets by the stored name
 */
export function copyStored(weights: CheckpointWeights, targets: Iterable<readonly [string, Tensor]>): void {
  const buffer = new Uint8Array(SLICE_BYTES);
  for (const [name, target] of targets) scope(() => copyOne(weights, name, target, buffer));
}

function copyOne(weights: CheckpointWeights, name: string, target: Tensor, buffer: Uint8Array): void {
  const dtype = weights.dtypeOf(name);
  const size = elementSize(dtype);
  const flat = target.reshape([target.size]);
  weights.readSlices(name, buffer, (bytes, start) => {
    const length = bytes.length / size;
    scope(() => flat.narrow(0, start / size, length).copyBytes_(bytes, dtype));
  });
}
