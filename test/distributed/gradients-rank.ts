/**
 * One rank that sums gradients of a network of six layers and several chunks, while backward computes and by hand, and
 * prints the largest difference.
 *
 *     node gradients-rank.js '{"shardOptimizer": …, "dtype": …}'
 */
import "../support/one-thread.js";

import { DataParallel } from "../../lib/distributed/data-parallel.js";
import { ProcessGroup } from "../../lib/distributed/group.js";
import { membershipOf } from "../../lib/distributed/membership.js";
import { Linear } from "../../lib/nn/linear.js";
import { Module } from "../../lib/nn/module.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { gradientNorm } from "../../lib/optim/gradient-norm.js";
import { gradientOf } from "../../lib/optim/parameter-group.js";
import { sliceOf } from "../../lib/optim/shard.js";
import { randn } from "../../lib/tensor/create.js";
import { manualSeed } from "../../lib/tensor/random.js";
import { scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

const WIDTH = 1024;

/** The first layer is in no loss: backward never comes to it. */
class Network extends Module {
  layers = Array.from({ length: 6 }, () => new Linear(WIDTH, WIDTH));

  forward(x: Tensor): Tensor {
    return this.layers.slice(1).reduce((hidden, layer) => layer.forward(hidden).tanh(), x);
  }
}

const { shardOptimizer, dtype } = JSON.parse(process.argv[2]!);
const group = await ProcessGroup.join(membershipOf()!, { timeoutSeconds: 30 });
manualSeed(1);
const network = new Network();
const parameters = new FlatParameters(network.namedParameters(), { dtype });
using ranks = new DataParallel(group, parameters, { shardOptimizer, reduceDtype: "float32" });

/** Gradients of this rank's own rows, two micro-batches of them. */
function backward(beforeLast: () => void): void {
  manualSeed(10 + group.rank);
  scope(() => {
    for (const isLast of [false, true]) {
      const loss = network
        .forward(randn([8, WIDTH]).to(dtype))
        .to("float32")
        .sum();
      if (isLast) beforeLast();
      loss.backward();
      if (!isLast) parameters.collectGradients();
    }
  });
}

// By hand: after all is there, whole buffers.
backward(() => {});
parameters.collectGradients();
const expected = parameters.groups.map((one) => {
  const sum = gradientOf(one).clone();
  group.allReduce(sum);
  return sum;
});
parameters.zeroGradients();

for (let update = 0; update < 3; update++) {
  backward(() => ranks.startReduction());
  ranks.finishReduction();
  const differences = ranks.slices.map((slice) =>
    scope(() => {
      const wanted = sliceOf(expected[parameters.groups.indexOf(slice.group)]!, slice);
      return sliceOf(gradientOf(slice.group), slice).sub(wanted).abs().amax().item();
    }),
  );
  const norm = gradientNorm(parameters, ranks).item();
  const wantedNorm = Math.sqrt(expected.reduce((sum, one) => sum + one.to("float64").pow(2).sum().item(), 0));
  console.log(
    JSON.stringify({ largest: Math.max(...differences), norm, wantedNorm, ...ranks.takeReductionTime() }),
  );
  parameters.zeroGradients();
}
const { length } = ranks.slices;
console.log(
  JSON.stringify({ slices: length, elements: ranks.slices.reduce((sum, slice) => sum + slice.length, 0) }),
);
group.barrier();
group.leave();
