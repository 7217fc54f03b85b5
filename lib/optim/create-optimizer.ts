import { expected } from "../errors.js";
import type { OptimizerName } from "../options/optimizer-options.js";
import { AdamW } from "./adamw.js";
import type { FlatParameters } from "./flat-parameters.js";
import { Lamb } from "./lamb.js";
import type { Optimizer } from "./optimizer.js";
import type { OptimizerShard } from "./shard.js";

/** Every optimizer, by the name that the option `optimizer` gives it. */
const OPTIMIZERS = {
  adamw: (parameters, weightDecay, shard) => new AdamW(parameters, { weightDecay }, shard),
  // The paper's code (google-research/bert, optimization.py).
  "bert-adam": (parameters, weightDecay, shard) =>
    new AdamW(parameters, { weightDecay, biasCorrection: false, eps: 1e-6 }, shard),
  lamb: (parameters, weightDecay, shard) => new Lamb(parameters, { weightDecay }, shard),
} satisfies Record<
  OptimizerName,
  (parameters: FlatParameters, weightDecay: number, shard: OptimizerShard | undefined) => Optimizer
>;

/**
 * The optimizer that a name stands for: `adamw`, `bert-adam` (AdamW as the paper's code has it: no bias correction, eps 1e-6) or `lamb`.
 * Other settings have their defaults.
 *
 * @param shard what of the parameters this process updates. Default: all
 */
export function createOptimizer(
  name: OptimizerName,
  parameters: FlatParameters,
  weightDecay: number,
  shard?: OptimizerShard,
): Optimizer {
  if (!Object.hasOwn(OPTIMIZERS, name))
    throw expected(`one of ${Object.keys(OPTIMIZERS).join(", ")}`, "name", name);
  return OPTIMIZERS[name](parameters, weightDecay, shard);
}
