import assert from "node:assert/strict";
import { test } from "node:test";
import { AdamW } from "../../lib/optim/adamw.js";
import { createOptimizer } from "../../lib/optim/create-optimizer.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Lamb } from "../../lib/optim/lamb.js";
import { learningRateAt } from "../../lib/optim/schedule.js";
import { Sgd } from "../../lib/optim/sgd.js";
import { loadTinyBert } from "../support/networks.js";

const parameters = new FlatParameters(loadTinyBert().namedParameters());

test("an optimizer refuses options that it does not have, and numbers out of range", () => {
  const unknown = { lr: 0.1 } as object;
  for (const Optimizer of [AdamW, Lamb, Sgd])
    assert.throws(() => new Optimizer(parameters, unknown), {
      code: "ERR_OPTION",
      message: /^Expected some of .*weightDecay.* for options but received "lr"$/,
    });
  assert.throws(() => new AdamW(parameters, { beta1: 1 }), {
    message: "Expected a number of at least 0 and below 1 for beta1 but received 1",
  });
  assert.throws(() => new AdamW(parameters, { eps: Infinity }), {
    message: "Expected a finite number of at least 0 for eps but received Infinity",
  });
  assert.throws(() => new Lamb(parameters, { weightDecay: -1 }), { option: "weightDecay" });
  assert.throws(() => new Sgd(parameters, { momentum: Number.NaN }), { option: "momentum" });
});

test("an option that is undefined has its default", () => {
  assert.deepEqual(new Sgd(parameters, { momentum: undefined }).buffers.velocity, []);
});

test("a step refuses a learning rate that would spoil the weights, before it counts", () => {
  for (const optimizer of [new AdamW(parameters), new Lamb(parameters), new Sgd(parameters)]) {
    for (const rate of [Number.NaN, -1, Infinity, undefined as unknown as number])
      assert.throws(() => optimizer.step(rate), { code: "ERR_OPTION", option: "learningRate" });
    assert.equal(optimizer.steps, 0);
  }
});

test("a name that no optimizer, or no schedule, has is refused", () => {
  assert.throws(() => createOptimizer("sgd" as "adamw", parameters, 0), {
    message: 'Expected one of adamw, bert-adam, lamb for name but received "sgd"',
  });
  const schedule = { name: "exponential" as "linear", learningRate: 1, warmupSteps: 0, totalSteps: 2 };
  assert.throws(() => learningRateAt(1, schedule), { code: "ERR_OPTION", option: "name" });
});
