import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type FineTuneOptions, type SearchEvent, type SearchOptions, search } from "../../lib/index.js";
import { batchSizesOf } from "../../lib/session/search-budget.js";
import { settingsOf } from "../fine-tuning/settings.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, TINY, tinyRun } from "./support.js";

const directory = temporaryDirectory();
const { epochs: _, batchSize: _b, learningRate: _l, ...without } = tinyRun;
const base = { ...without, train: rowsOf(90), validation: rowsOf(20, 1001) };

async function searched(options: Partial<SearchOptions>, name: string) {
  const events: SearchEvent[] = [];
  const outputDir = join(directory, name);
  const result = await search({
    ...base,
    outputDir,
    ...options,
    onProgress: (event: SearchEvent) => events.push(event),
  } as Parameters<typeof search>[0]);
  return { ...result, events, outputDir };
}

test("a budget of updates chooses a grid and epochs, which a second call keeps, and which by hand find the same", async () => {
  const byBudget = await searched({ budget: "8 updates" }, "updates");
  const { grid, epochs } = byBudget.budget!.chosen as { grid: Record<string, number[]>; epochs: number };
  assert.deepEqual(grid, { learningRate: [5e-5, 2e-5] });
  assert.equal(epochs, 1.3); // of 3 updates each
  assert.deepEqual(
    byBudget.trials.map(({ steps }) => steps),
    [4, 4],
  );
  assert.match(readFileSync(join(byBudget.outputDir, "report.html"), "utf8"), /2 trials of 1\.3 epochs/);

  const again = await searched({ budget: "8 updates" }, "updates");
  assert.ok(again.events.every((event) => event.type === "trial" && event.done));
  const other = await failureOf(searched({ budget: "40 updates" }, "updates"));
  assert.match(other.message, /^Expected "8 updates", as in the run to resume, for budget/);

  const byHand = await searched({ grid, epochs }, "by-hand");
  assert.deepEqual(byHand.trials, byBudget.trials);
});

test("a second call with another grid, settings, model or rows is refused by their name", async () => {
  const call = { budget: "4 updates", grid: { seed: [1, 2] }, batchSize: 16 };
  await searched(call, "changed");
  const changes: [Partial<SearchOptions>, RegExp][] = [
    [
      { grid: { seed: [1, 3] } },
      /^Expected {"seed":\[1,2\]}, as in the run to resume, for grid but received/,
    ],
    [{ grid: { model: [TINY], seed: [1] } }, /for grid but received {"model"/],
    [{ grid: undefined }, /for grid but received \["learningRate"\]/],
    [{ batchSize: 8 }, /^Expected 16, .* for batchSize but received 8; another outputDir begins anew$/],
    [{ learningRate: 1e-4 }, /for learningRate but received 0.0001/],
    [{ train: rowsOf(91) }, /for train but/],
  ];
  for (const [change, message] of changes)
    assert.match((await failureOf(searched({ ...call, ...change }, "changed"))).message, message);
});

test("a learning rate that is given holds for all trials that a budget chooses", async () => {
  const { budget, trials } = await searched({ budget: "4 updates", learningRate: 5e-3 }, "given");
  assert.deepEqual(budget!.chosen.grid, { batchSize: [16, 32] });
  assert.equal(trials.length, 2);
});

test("a grid that is given is kept, with epochs that fit the time", async () => {
  const { budget, trials } = await searched({ budget: "20m", grid: { seed: [1] } }, "time");
  assert.deepEqual(Object.keys(budget!.chosen), ["epochs"]);
  assert.equal(trials.length, 1);
  assert.ok(budget!.expectedSeconds! <= 1200);
});

test("only batches that trials have are measured", () => {
  const trial = settingsOf({ ...base, batchSize: undefined } as FineTuneOptions);
  assert.deepEqual(batchSizesOf({ grids: [{ batchSize: [8, 16], seed: [1, 2] }], trial }), [8, 16]);
  assert.deepEqual(batchSizesOf({ grids: [{ seed: [1, 2] }], trial }), [32]);
});

test("epochs, in the grid, too, and rungs are refused beside a budget, and so is one in which nothing can be done", async () => {
  const refusals: [Partial<SearchOptions>, RegExp][] = [
    [{ budget: "20 updates", epochs: 2 }, /^Expected no value beside budget, .* for epochs but received 2$/],
    [{ budget: "20 updates", rungs: [10] }, /^Expected no value beside budget, .* for rungs but/],
    [
      { budget: "20 updates", grid: { epochs: [1, 2] } },
      /^Expected no epochs beside budget, .* for grid but/,
    ],
    [
      { budget: "1 update" },
      /^Expected at least "2 updates", which one update of each trial needs, for budget but received "1 update"$/,
    ],
  ];
  for (const [options, message] of refusals)
    assert.match((await failureOf(searched(options, "refused"))).message, message);
});
