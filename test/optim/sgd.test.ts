import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { crossEntropy } from "../../lib/nn/functional.js";
import { computeGradients } from "../../lib/nn/gradient-checkpointing.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Sgd } from "../../lib/optim/sgd.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { tensor } from "../../lib/tensor/create.js";
import { scope } from "../../lib/tensor/scope.js";
import { GoldenTensors, inputOf } from "../support/golden.js";
import { loadTinyBert, logitsOf } from "../support/networks.js";
import { assertClose, relativeError } from "../support/tolerance.js";

const RATE = 0.05; // of make_tensor_golden.py
const golden = new GoldenTensors("tiny_sgd.safetensors");
const batches = new GoldenTensors("tiny_training.safetensors");

type Model = ReturnType<typeof loadTinyBert>;

/** Five updates; the loss of each. */
function trainFiveSteps(model: Model, update: () => void): number[] {
  return Array.from({ length: 5 }, (_, index) =>
    scope(() => {
      const input = inputOf(batches.sequences(`batch.${index}.`));
      const labels = batches.tensor(`batch.${index}.labels`).to("int64");
      const loss = computeGradients(() => crossEntropy(logitsOf(model, input), labels));
      update();
      return loss.item();
    }),
  );
}

function assertTrained(model: Model, losses: readonly number[], run: string): void {
  // Float32 of other kernels; rounding grows a little with each of the five updates.
  assertClose(losses, golden.values(`${run}.losses`), { relative: 2e-5 }, "losses");
  const finals = golden.names().filter((name) => name.startsWith(`${run}.final.`));
  assert.equal(finals.length, 7);
  const state = Object.fromEntries(
    Object.entries(model.stateDict()).map(([name, one]) => [name.replace(/^encoder\./, "bert."), one]),
  );
  for (const name of finals) {
    const own = name.slice(`${run}.final.`.length).replace(/^classifier/, "head.classifier");
    const error = relativeError(state[own]!.toArray(), golden.values(name));
    assert.ok(error < 2e-5, `${name}: ${error}`);
  }
}

test("gradient descent of one's own over a whole BERT, from grad of each parameter, is PyTorch's", () => {
  const model = loadTinyBert();
  const parameters = [...model.namedParameters()];
  const losses = trainFiveSteps(model, () => {
    noGrad(() => {
      for (const [, parameter] of parameters) {
        parameter.add_(parameter.grad!.mul(-RATE));
        parameter.grad = null;
      }
    });
  });
  assertTrained(model, losses, "sgd");
});

test("Sgd without momentum is PyTorch's", () => {
  const model = loadTinyBert();
  const parameters = new FlatParameters(model.namedParameters());
  const optimizer = new Sgd(parameters);
  const losses = trainFiveSteps(model, () => {
    optimizer.step(RATE);
    parameters.zeroGradients();
  });
  assertTrained(model, losses, "sgd");
});

test("Sgd with Nesterov's momentum and weight decay is PyTorch's", () => {
  const model = loadTinyBert();
  const parameters = new FlatParameters(model.namedParameters());
  const optimizer = new Sgd(parameters, { momentum: 0.9, nesterov: true, weightDecay: 0.1 });
  const losses = trainFiveSteps(model, () => {
    optimizer.step(RATE);
    parameters.zeroGradients();
  });
  assertTrained(model, losses, "nesterov");
});

test("gradients that are not finite, by their scale, change neither weights nor velocity", () => {
  const model = loadTinyBert();
  const parameters = new FlatParameters(model.namedParameters());
  const optimizer = new Sgd(parameters, { momentum: 0.9 });
  trainFiveSteps(model, () => optimizer.step(RATE, tensor(0.5)));
  const all = () => [...parameters.groups.map(({ master }) => master), ...optimizer.buffers.velocity];
  const before = all().map((one) => one.toArray());
  parameters.groups[0]!.gradient!.fill_(NaN);
  optimizer.step(RATE, tensor(NaN));
  assert.deepEqual(
    all().map((one) => one.toArray()),
    before,
  );
});

test("Nesterov's rule without momentum is refused", () => {
  const parameters = new FlatParameters(loadTinyBert().namedParameters());
  assert.throws(() => new Sgd(parameters, { nesterov: true }), {
    code: "ERR_OPTION",
    message: "Expected a number above 0, which nesterov needs, for momentum but received 0",
  });
  parameters.dispose();
});
