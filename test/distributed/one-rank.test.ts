import assert from "node:assert/strict";
import { test } from "node:test";
import { DataParallel } from "../../lib/distributed/data-parallel.js";
import { ProcessGroup } from "../../lib/distributed/group.js";
import { freePort } from "../../lib/distributed/launch.js";
import { Linear } from "../../lib/nn/linear.js";
import { Module } from "../../lib/nn/module.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { gradientOf } from "../../lib/optim/parameter-group.js";
import { rand, tensor, zeros } from "../../lib/tensor/create.js";
import { useDevice } from "../../lib/tensor/device.js";
import { scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE } from "../support/device.js";

const WIDTH = 512;

/** A group of this process alone: through NCCL where the tests compute on a GPU. */
async function groupOfOne(): Promise<ProcessGroup> {
  useDevice(DEVICE);
  const place = { host: "127.0.0.1", port: await freePort(), isServedByRank0: true, attempt: 0 };
  const group = await ProcessGroup.join({ rank: 0, size: 1, localRank: 0, ...place }, { timeoutSeconds: 30 });
  if (DEVICE !== "cpu") group.useGpu();
  return group;
}

class Network extends Module {
  layers = Array.from({ length: 4 }, () => new Linear(WIDTH, WIDTH));

  forward(x: Tensor): Tensor {
    return this.layers.reduce((hidden, layer) => layer.forward(hidden).tanh(), x);
  }
}

test("in a group of one, every call gives what it was given", async () => {
  const group = await groupOfOne();
  scope(() => {
    const [x, own, all] = [tensor([1, 2, 3]), zeros([3]), zeros([3])].map((one) =>
      one.to("float32", DEVICE),
    ) as [Tensor, Tensor, Tensor];
    group.allReduce(x);
    group.broadcast(x, 0);
    group.reduceScatter(own, x);
    group.allGather(all, own);
    for (const one of [x, own, all]) assert.deepEqual([...one.toArray()], [1, 2, 3]);
    group.check();
  });
  group.leave();
});

for (const shardOptimizer of [false, true]) {
  test(`one rank's reduction leaves its gradients, and has its time (sharded: ${shardOptimizer})`, async () => {
    const group = await groupOfOne();
    const network = new Network();
    const parameters = new FlatParameters(network.namedParameters(), { device: DEVICE });
    const ranks = new DataParallel(group, parameters, { shardOptimizer, reduceDtype: "float32" });
    const x = rand([64, WIDTH], { device: DEVICE });
    const backward = () => scope(() => network.forward(x).sum().backward());
    backward();
    const expected = parameters.groups.map((one) => gradientOf(one).toArray());
    for (let update = 0; update < 3; update++) {
      parameters.zeroGradients();
      ranks.startReduction();
      backward();
      ranks.finishReduction();
    }
    for (const [index, one] of parameters.groups.entries())
      assert.deepEqual(gradientOf(one).toArray(), expected[index]);
    const { seconds, waited } = ranks.takeReductionTime();
    assert.ok(0 < waited && waited < seconds && seconds < 10, `${waited} of ${seconds} seconds`);
    group.check();
    ranks[Symbol.dispose]();
    group.leave();
  });
}
