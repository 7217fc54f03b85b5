import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { dropout } from "../../lib/nn/functional.js";
import { checkpoint, computeGradients } from "../../lib/nn/gradient-checkpointing.js";
import { Module, Parameter } from "../../lib/nn/module.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { randn, tensor, zeros } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { manualSeed, nextDropoutKey, startDropoutStream } from "../../lib/tensor/random.js";
import { scope } from "../../lib/tensor/scope.js";
import { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE } from "../support/device.js";
import { assertClose } from "../support/tolerance.js";

/** x → x W */
class Product extends Module {
  readonly weight = new Parameter(randn([3, 3]));
}

manualSeed(3);
const start = randn([4, 3]);
const modules = [new Product(), new Product(), new Product()] as const;
const weights = modules.map(({ weight }) => weight);

/** Three layers with dropout; the loss looks at the second one's output as well as at the last. */
function lossOf(calls: string[] = []): Tensor {
  const layer = (name: string, module: Product, input: Tensor) =>
    checkpoint(
      module,
      (x) => {
        calls.push(name);
        return dropout(x.matmul(module.weight).tanh(), 0.4);
      },
      input,
    );
  const a = layer("a", modules[0], start);
  const b = layer("b", modules[1], a);
  const c = layer("c", modules[2], b);
  return c.mul(b).sum();
}

/** The loss, and the gradients of the three weights. */
function gradients(checkpointing: boolean, loss = lossOf): number[][] {
  for (const weight of weights) weight.grad = null;
  startDropoutStream(7, 0);
  const value = computeGradients(() => loss(), checkpointing).item();
  return [[value], ...weights.map(({ grad }) => [...(grad ?? zeros([0])).toArray()])];
}

test("gradients are the same with checkpointing, dropout on, also where a later part uses a step's output", () => {
  const whole = gradients(false);
  assert.ok(whole.every((values) => values.some((value) => value !== 0)));
  const again = gradients(true);
  assert.deepEqual(again[0], whole[0]);
  // The output of b gets its two gradients in another order than in one graph: the last bit of float32 may differ.
  for (const [index, values] of again.entries())
    assertClose(values, whole[index]!, { relative: 1e-6, absolute: 1e-6 });
});

test("backward runs each step once more, the last one first; without checkpointing none", () => {
  const calls: string[] = [];
  gradients(true, () => lossOf(calls));
  assert.deepEqual(calls, ["a", "b", "c", "c", "b", "a"]);
  calls.length = 0;
  gradients(false, () => lossOf(calls));
  assert.deepEqual(calls, ["a", "b", "c"]);
});

test("steps that need no gradient, or that the loss does not depend on, are not run again", () => {
  const calls: string[] = [];
  const step = (name: string, module: Product, input: Tensor) =>
    checkpoint(
      module,
      (x) => {
        calls.push(name);
        return x.matmul(module.weight);
      },
      input,
    );
  const frozen = new Product();
  frozen.weight.requiresGrad = false;
  computeGradients(() => {
    const a = step("frozen", frozen, start);
    assert.equal(a.requiresGrad, false);
    step("unused", modules[0], a);
    noGrad(() => step("noGrad", modules[1], a));
    return step("used", modules[2], a).sum();
  }, true);
  assert.deepEqual(calls, ["frozen", "unused", "noGrad", "used", "used"]);
});

test("dropout goes on afterwards as it would have without checkpointing", () => {
  const keys = [false, true].map((checkpointing) => {
    gradients(checkpointing);
    return new Tensor(nextDropoutKey(DEVICE)).item();
  });
  assert.equal(keys[0], keys[1]);
});

test("a step keeps its inputs and output, not its inner tensors, and nothing after backward", () => {
  const before = native.liveTensors();
  const during: number[] = [];
  for (const depth of [1, 5]) {
    scope(() => {
      computeGradients(() => {
        const body = (x: Tensor) => {
          let inner = x.matmul(weights[0]!);
          for (let i = 0; i < depth; i++) inner = inner.tanh();
          return inner;
        };
        const output = checkpoint(modules[0], body, start);
        during.push(native.liveTensors() - before);
        return output.sum();
      }, true);
    });
  }
  assert.equal(during[0], during[1]);
  assert.equal(native.liveTensors(), before);
});

test("an error in the forward pass leaves no step behind for the next one", () => {
  const before = native.liveTensors();
  const failure = new Error("from the head");
  const failing = () =>
    scope(() =>
      computeGradients(() => {
        lossOf();
        throw failure;
      }, true),
    );
  assert.throws(failing, failure);
  assert.equal(native.liveTensors(), before);
  assert.deepEqual(gradients(true)[0], gradients(false)[0]);
});

test("an input that carries a graph of its own is refused: backward could not go on into it", () => {
  const grown = weights[0]!.mul(2);
  assert.throws(() => computeGradients(() => checkpoint(modules[0], (x) => x.sum(), grown), true), {
    code: "ERR_OPTION",
    message:
      /^Expected the output of another step, or a tensor without gradient, for an input of checkpoint\(\)/,
  });
  assert.equal(checkpoint(modules[0], (x) => x.sum(), tensor([1, 2])).item(), 3); // and no step is open any more
});
