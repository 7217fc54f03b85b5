import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { completeSettings } from "../../lib/pre-training/complete-settings.js";
import { phasesOf, pretrainOptions } from "../../lib/pre-training/options.js";
import { withRecipe } from "../../lib/pre-training/recipes.js";

test("a recipe fills in what is not given, and its batches are those of all processes together", () => {
  const alone = withRecipe({ recipe: "paper", learningRate: 1 }, 1);
  assert.deepEqual([alone.batchSize, alone.learningRate, alone.warmupRatio], [256, 1, 0.01]);
  assert.equal(withRecipe({ recipe: "paper" }, 8).batchSize, 32);
  assert.equal(withRecipe({ recipe: "paper", batchSize: 50 }, 3).batchSize, 50);
  const batches = (withRecipe({ recipe: "lamb" }, 64).phases as { batchSize: number }[]).map(
    (one) => one.batchSize,
  );
  assert.deepEqual(batches, [1024, 512]);
});

test("a number of processes that a recipe's batch cannot be divided among is refused", () => {
  assert.throws(() => withRecipe({ recipe: "paper" }, 3), {
    code: "ERR_OPTION",
    option: "WORLD_SIZE",
    message:
      "Expected a number of processes that divides 256, the recipe's batch, for WORLD_SIZE but received 3",
  });
});

test("a recipe names no size for a run that continues a checkpoint, which has its own", () => {
  for (const recipe of ["paper", "lamb"]) {
    assert.ok("size" in withRecipe({ recipe }, 1));
    const continued = withRecipe({ recipe, continueFrom: "dir" }, 1);
    assert.equal("size" in continued, false);
    completeSettings(pretrainOptions.parse({ ...continued, outputDir: "out" }));
  }
});

test("the example for several machines is a run of 16 processes", () => {
  const example = JSON.parse(readFileSync("examples/distributed/run.json", "utf8"));
  const phases = phasesOf(pretrainOptions.parse(withRecipe(example, 16)));
  assert.deepEqual(
    phases.map((one) => [one.batchSize, one.microBatchSize]),
    [
      [4096, 64],
      [2048, 64],
    ],
  );
});

test("without a recipe, options stay as they are", () => {
  const options = { steps: 5 };
  assert.equal(withRecipe(options, 4), options);
});
