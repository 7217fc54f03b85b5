import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsOfRun } from "../../lib/pre-training/run-options.js";

const refusalOf = (name: string, received: unknown) => ({
  code: "ERR_OPTION",
  option: name,
  message: `Expected no value, as each phase has its own (leave it out, or give phases), for ${name} but received ${received}`,
});

test("in a new run, an option that each phase has is refused, and one that a phase lacks is obeyed", () => {
  const phases = [
    { steps: 5, batchSize: 4 },
    { steps: 6, learningRate: 1e-3 },
  ];
  assert.throws(() => optionsOfRun({ phases, steps: 20 }), refusalOf("steps", 20));
  for (const more of [{}, { batchSize: 8 }, { learningRate: 1e-4 }, { steps: undefined }])
    assert.deepEqual(optionsOfRun({ phases, ...more }).phases, phases);
});

test("the phases of a recipe are phases as well", () => {
  assert.throws(() => optionsOfRun({ recipe: "lamb", steps: 100 }), refusalOf("steps", 100));
  assert.throws(() => optionsOfRun({ recipe: "lamb", batchSize: 8 }), refusalOf("batchSize", 8));
  assert.equal(optionsOfRun({ recipe: "lamb", microBatchSize: 8, seed: 1 }).microBatchSize, 8);
  assert.equal(optionsOfRun({ recipe: "lamb", phases: [{ steps: 5 }], batchSize: 8 }).batchSize, 8);
});

test("an option that is undefined is not given: it has the recipe's value", () => {
  const { optimizer, weightDecay } = optionsOfRun({ recipe: "lamb", optimizer: undefined, weightDecay: 0 });
  assert.deepEqual([optimizer, weightDecay], ["lamb", 0]);
});

test("phases that are none are the schema's to refuse", () => {
  for (const phases of [7, [], [null], "two"])
    assert.equal(optionsOfRun({ phases, steps: 5 }).phases, phases);
});
