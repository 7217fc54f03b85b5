import { tensor, zeros } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import { scope } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import type { FlatParameters } from "./flat-parameters.js";
import { gradientOf } from "./parameter-group.js";
import { type OptimizerShard, sliceOf, wholeShard } from "./shard.js";

/**
 * The Euclidean norm of all gradients together, float64 [] where they are.
 *
 * @param shard what of them this process has, and how the others' parts are added; default: all
 */
export function gradientNorm(
  parameters: FlatParameters,
  shard: OptimizerShard = wholeShard(parameters),
): Tensor {
  const { device } = parameters;
  return scope(() => {
    const sums = shard.slices
      .filter(({ isCounted }) => isCounted)
      .map((slice) => new Tensor(native.sumOfSquares(sliceOf(gradientOf(slice.group), slice).handle)));
    const total = sums[0] ?? zeros([], { dtype: "float64", device }); // a rank may count nothing
    for (const sum of sums.slice(1)) total.add_(sum);
    shard.sum(total);
    if (device !== "cpu") return total.sqrt();
    return tensor(Math.sqrt(total.item()), { dtype: "float64" }); // MKL's square root may be off in the last bit
  });
}
