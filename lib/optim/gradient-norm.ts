import { full, zeros } from "../tensor/create.js";
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
    const total = zeros([], { dtype: "float64", device });
    for (const slice of shard.slices) {
      if (!slice.isCounted) continue;
      const own = sliceOf(gradientOf(slice.group), slice);
      total.add_(new Tensor(native.sumOfSquares(own.handle)));
    }
    shard.sum(total);
    if (device !== "cpu") return total.sqrt();
    return full([], Math.sqrt(total.item()), { dtype: "float64" }); // MKL's square root may be off in the last bit
  });
}
