import assert from "node:assert/strict";
import { test } from "node:test";
import { PAPER_GRID } from "../../lib/search/search-options.js";
import {
  combinationsOf,
  nameOf,
  ranked,
  survivors,
  type TrialResult,
  trialTable,
} from "../../lib/search/trials.js";
import { classification } from "../../lib/tasks/specs.js";

function trial(score: number, learningRate = score): TrialResult {
  return { settings: { learningRate }, limit: null, score, metrics: { rows: 1 }, steps: 3 };
}

test("the paper's grid has 18 combinations, all different", () => {
  const all = combinationsOf(PAPER_GRID);
  assert.equal(new Set(all.map((settings) => nameOf(settings, null))).size, 18);
  assert.deepEqual(all[0], { batchSize: 16, learningRate: 5e-5, epochs: 2 });
  assert.deepEqual(all[1], { batchSize: 16, learningRate: 5e-5, epochs: 3 });
});

test("results are ranked by the metric's own direction; what is no number comes last, equal ones keep their order", () => {
  const scores = (metric: "accuracy" | "loss", given: number[]) =>
    ranked(
      given.map((score) => trial(score)),
      classification.metrics[metric],
    ).map(({ score }) => score);
  assert.deepEqual(scores("accuracy", [0.5, Number.NaN, 0.9]), [0.9, 0.5, Number.NaN]);
  assert.deepEqual(scores("loss", [0.5, Number.NaN, 0.9]), [0.5, 0.9, Number.NaN]);
  const equal = ranked([trial(0.5, 1), trial(0.5, 2)], "higher");
  assert.deepEqual(
    equal.map(({ settings }) => settings.learningRate),
    [1, 2],
  );
});

test("the best third goes on, and always at least one", () => {
  const results = [0.1, 0.9, 0.3, 0.8, 0.2, 0.7].map((score) => trial(score));
  assert.deepEqual(survivors(results, "higher"), [{ learningRate: 0.9 }, { learningRate: 0.8 }]);
  assert.deepEqual(survivors(results.slice(0, 1), "higher"), [{ learningRate: 0.1 }]);
});

test("the table has a line a trial, and rows where there are rungs", () => {
  assert.equal(
    trialTable([trial(0.75, 5e-5), { ...trial(0.5, 2e-5), limit: 100 }], "accuracy"),
    "| learningRate | rows | accuracy | updates |\n| --- | --- | --- | --- |\n" +
      "| 5e-5 | all | 0.7500 | 3 |\n| 2e-5 | 100 | 0.5000 | 3 |\n",
  );
});
