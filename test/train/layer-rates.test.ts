import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { AdamW } from "../../lib/optim/adamw.js";
import { Lamb } from "../../lib/optim/lamb.js";
import { learningRateScale } from "../../lib/optim/learning-rate-scale.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { native } from "../../lib/tensor/native.js";
import { scope } from "../../lib/tensor/scope.js";
import { type Curve, GoldenTensors, goldenJson, inputOf } from "../support/golden.js";
import { loadTinyBert, valuesOf } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";
import { classifierTraining, reportsOf, type Settings, tinyBatches } from "../support/training.js";

native.setNumThreads(1); // so small a model only waits for a second thread, above all on a busy machine

interface LayerRun extends Curve {
  layerDecay: number;
  freezeLayers?: number;
}

const updates = tinyBatches().map((batch) => [batch]);

/** The tiny model with dropout off, its embeddings and first layer frozen. */
function frozenTraining(settings: Partial<Settings> = {}) {
  const model = loadTinyBert();
  const scaleOf = (name: string) => learningRateScale(model.depthOf(name), { numLayers: 2, freezeLayers: 1 });
  return {
    model,
    training: classifierTraining(model, updates, {
      epochs: 1,
      learningRate: 1e-2,
      learningRateScale: scaleOf,
      ...settings,
    }),
  };
}

/** By the network's names as by the checkpoint's. */
const isFrozen = (name: string) => name.includes(".embeddings.") || name.includes(".layer.0.");

for (const run of ["layer_decay", "frozen"]) {
  test(`20 steps of the tiny model with ${run} are those of PyTorch's parameter groups`, async () => {
    const golden = goldenJson<Record<string, LayerRun>>("layer_rates.json")[run]!;
    const model = loadTinyBert();
    const training = classifierTraining(model, updates, {
      epochs: 4,
      learningRate: golden.learningRate,
      warmupSteps: golden.warmupSteps,
      learningRateScale: (name) => learningRateScale(model.depthOf(name), { numLayers: 2, ...golden }),
    });
    const reports = await reportsOf(training);
    const curveOf = (field: "loss" | "gradientNorm") => reports.map((report) => report[field]);
    assertClose(curveOf("loss"), golden.losses, { absolute: 1e-4 }, "loss");
    assertClose(curveOf("gradientNorm"), golden.gradientNorms, { relative: 1e-4 }, "gradient norm");

    const tensors = new GoldenTensors("layer_rates.safetensors");
    const state = valuesOf(model);
    const finals = tensors.names().filter((key) => key.startsWith(`${run}.final.`));
    assert.ok(finals.length >= 4);
    for (const key of finals) {
      // Rounding moves them by 2e-6; one exponent more of the decay by 4e-4 and more.
      assertClose(
        state.get(key.slice(`${run}.final.`.length))!,
        tensors.values(key),
        { absolute: 1e-5 },
        key,
      );
    }
  });
}

for (const dtype of ["float32", "bfloat16"] as DType[]) {
  test(`frozen weights are the same bit for bit after training in ${dtype}, and all others have moved`, async () => {
    const original = valuesOf(loadTinyBert());
    const { model, training } = frozenTraining({ dtype });
    await reportsOf(training);
    const trained = training.parameters.withMasters(() => valuesOf(model));
    for (const [name, values] of trained) {
      if (isFrozen(name)) assert.deepEqual(values, original.get(name), name);
      else assert.notDeepEqual(values, original.get(name), name);
    }
  });
}

test("what is frozen has no gradient and no optimizer memory, and backward does not pass through it", () => {
  const { model, training } = frozenTraining();
  const { parameters } = training;
  for (const [name, parameter] of model.namedParameters()) {
    assert.equal(parameter.requiresGrad, !isFrozen(name), name);
    assert.equal(parameter.grad === null, isFrozen(name), name);
  }
  const trained = parameters.groups.reduce((sum, { master }) => sum + master.size, 0);
  assert.ok(parameters.size > trained);
  for (const optimizer of [new AdamW(parameters), new Lamb(parameters)]) {
    for (const buffers of Object.values(optimizer.buffers)) {
      assert.equal(
        buffers.reduce((sum, buffer) => sum + buffer.size, 0),
        trained,
      );
    }
  }
  scope(() => {
    const { hiddenStates } = model.encoder.forward(inputOf(tinyBatches()[0]!.sequences));
    assert.deepEqual(
      hiddenStates.map(({ requiresGrad }) => requiresGrad),
      [false, false, true],
    );
  });
});

test("LAMB moves a group by its share of the learning rate", () => {
  const moved = (scale: number) => {
    const { parameters } = classifierTraining(loadTinyBert(), updates, {
      epochs: 1,
      learningRate: 1,
      learningRateScale: () => scale,
    });
    const before = parameters.groups.map(({ master }) => master.toArray());
    for (const { gradient } of parameters.groups) gradient!.fill_(1);
    new Lamb(parameters).step(0.1);
    return parameters.groups.flatMap(({ master }, index) =>
      Array.from(master.toArray(), (value, i) => value - before[index]![i]!),
    );
  };
  const whole = moved(1);
  // A weight near 1 holds a movement of 0.02 to a few units of 6e-8.
  assertClose(
    moved(0.25),
    Float64Array.from(whole, (change) => change / 4),
    { absolute: 5e-7 },
  );
  assert.ok(Math.max(...whole.map(Math.abs)) > 1e-2);
});

test("disposing frees frozen weights as well", () => {
  const before = native.liveTensors();
  const { training } = frozenTraining({ dtype: "bfloat16" });
  training.optimizer.dispose();
  training.parameters.dispose();
  assert.equal(native.liveTensors(), before);
});
