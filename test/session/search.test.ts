import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel, type SearchEvent, type SearchOptions, search } from "../../lib/index.js";
import { rowsOf, temporaryDirectory, tinyRun } from "./support.js";

const directory = temporaryDirectory();
const validation = rowsOf(40, 1001);
const base = {
  ...tinyRun,
  train: rowsOf(90),
  validation,
  metric: "loss",
  grid: { learningRate: [1e-5, 5e-3], epochs: [1, 2] },
} satisfies Omit<SearchOptions, "outputDir">;

/** Which trials an earlier call had done already. */
function told(events: SearchEvent[]): boolean[] {
  return events.filter((event) => event.type === "trial").map(({ done }) => done);
}

test("every combination is tried, the best model kept, and nothing is trained twice", async () => {
  const outputDir = join(directory, "grid");
  const { best, trials, metric } = await search({ ...base, outputDir });
  assert.equal(metric, "loss");
  assert.equal(trials.length, 4);
  assert.deepEqual(best.settings, { learningRate: 5e-3, epochs: 2 });
  assert.deepEqual(trials[0], best);
  assert.ok(trials.every(({ score }, index) => index === 0 || score >= trials[index - 1]!.score));

  await using model = await loadModel(join(outputDir, "best"), { task: "classification", dtype: "float32" });
  assert.equal((await model.evaluate(validation)).loss, best.score);
  assert.equal(readFileSync(join(outputDir, "table.md"), "utf8").trimEnd().split("\n").length, 6);

  const events: SearchEvent[] = [];
  const again = await search({ ...base, outputDir, onProgress: (event) => events.push(event) });
  assert.deepEqual(again, { best, trials, metric });
  assert.deepEqual(told(events), [true, true, true, true]);
  await assert.rejects(search({ ...base, outputDir, seed: 4 }), {
    code: "ERR_OPTION",
    message: /^Expected the options that .* was trained with for grid but received "others"$/,
  });
});

test("a search that was stopped goes on with the trial that it was in", async () => {
  const outputDir = join(directory, "stopped");
  const controller = new AbortController();
  const stopInThird = (event: SearchEvent) => {
    if (event.type === "trial" && event.trial === 3) controller.abort(new Error("enough"));
  };
  const stopped = search({ ...base, outputDir, signal: controller.signal, onProgress: stopInThird });
  await assert.rejects(stopped, /enough/);
  assert.ok(!existsSync(join(outputDir, "results.json")));
  const events: SearchEvent[] = [];
  const { best } = await search({ ...base, outputDir, onProgress: (event) => events.push(event) });
  assert.deepEqual(told(events), [true, true, false, false]);
  assert.deepEqual(best.settings, { learningRate: 5e-3, epochs: 2 });
});

test("with rungs, all settings are tried on few rows and the best third on all", async () => {
  const outputDir = join(directory, "halving");
  const { best, trials } = await search({ ...base, rungs: [32], outputDir });
  assert.deepEqual(
    trials.map(({ limit }) => limit),
    [null, 32, 32, 32, 32],
  );
  assert.deepEqual(trials[1]!.settings, trials[0]!.settings, "what was best on few rows went on");
  assert.deepEqual(trials[0], best);
  assert.equal(best.steps, 12);
});

test("a wrong value in the grid is refused before anything is trained", async () => {
  const outputDir = join(directory, "wrong");
  const refusals: { grid: Record<string, unknown[]>; message: string }[] = [
    {
      grid: { learningRate: [5e-3, -1] },
      message: "Expected a value above 0 for learningRate but received -1",
    },
    { grid: { learninRate: [5e-3] }, message: 'Unknown option "learninRate": did you mean learningRate?' },
  ];
  for (const { grid, message } of refusals)
    await assert.rejects(search({ ...base, grid, outputDir }), { code: "ERR_OPTION", message });
  async function* once() {
    yield* rowsOf(3);
  }
  await assert.rejects(search({ ...base, train: once(), outputDir }), {
    message: /^Expected a file or an array, which can be read more than once, for train /,
  });
  assert.ok(!existsSync(outputDir));
});
