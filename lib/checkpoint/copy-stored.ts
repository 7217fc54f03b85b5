import { elementSize } from "../files/element-type.js";
import { fromBytes } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { CheckpointWeights } from "./weights.js";

/**
 * What is read at a time: no tensor is in memory as a whole a second time, and one buffer serves them all. Of larger slices
 * malloc often keeps more than one in its heap.
 */
const SLICE_BYTES = 2 ** 17;

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
  const { dtype } = weights.describe(name);
  const size = elementSize(dtype);
  const most = Math.floor(buffer.length / size);
  const flat = target.reshape([target.size]);
  for (let start = 0; start < target.size; start += most) {
    const length = Math.min(most, target.size - start);
    const bytes = buffer.subarray(0, length * size);
    weights.readInto(name, start * size, bytes);
    scope(() => flat.narrow(0, start, length).copy_(fromBytes(bytes, [length], dtype)));
  }
}
