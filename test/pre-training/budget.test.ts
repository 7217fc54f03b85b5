import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PretrainEvent } from "../../lib/pre-training/events.js";
import { pretrainOptions } from "../../lib/pre-training/options.js";
import { runPretraining } from "../../lib/pre-training/pretrain.js";
import { optionsOfRun } from "../../lib/pre-training/run-options.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { DEVICE } from "../support/device.js";
import { corpusFolder, type RunOptions, remainsOf, TINY } from "../support/pretraining-runs.js";

const { data, newOutputDir } = await corpusFolder();
const base = {
  data,
  evaluationSequences: 32,
  logEvery: 1,
  device: DEVICE,
  dtype: "float32",
} satisfies RunOptions;

/** Each look at it is a tenth of a second later: whatever is measured takes as long on every machine. */
function slowClock() {
  let looks = 0;
  return () => looks++ / 10;
}

async function pretrained(given: RunOptions) {
  const events: PretrainEvent[] = [];
  const outputDir = given.outputDir ?? newOutputDir();
  const settings = pretrainOptions.parse(optionsOfRun({ ...base, outputDir, ...given }));
  const result = await runPretraining(settings, { clock: slowClock(), emit: (event) => events.push(event) });
  return { result, events, outputDir };
}

/** Without what the log says of the settings, as the one has a budget and the other has none. */
const settingsAside = (outputDir: string) => {
  const { state, ...others } = remainsOf(outputDir);
  return { ...others, state: { ...state, settings: undefined } };
};

test("a budget of updates has that many, in two phases, and the same model comes of what it chose", async () => {
  const { result, outputDir } = await pretrained({ budget: "21 updates", batchSize: 4 });
  assert.equal(result.steps, 21);
  const { size, phases } = result.budget!.chosen as { size: string; phases: Record<string, unknown>[] };
  assert.equal(size, "tiny");
  assert.deepEqual(phases, [
    { steps: 6, maxSeqLength: 32, schedule: "constant", warmupRatio: 0.3 },
    { steps: 15, maxSeqLength: 128, schedule: "linear", warmupRatio: 0.02 },
  ]);
  assert.match(readFileSync(join(outputDir, "report.html"), "utf8"), /The budget of 21 updates chose/);
  const byHand = await pretrained({ batchSize: 4, ...result.budget!.chosen });
  assert.deepEqual(settingsAside(byHand.outputDir), settingsAside(outputDir));
});

test("settings that were chosen by time make the same model when they are written by hand, bit for bit", async () => {
  const before = liveTensors();
  const given = { continueFrom: TINY, maxSeqLength: 32 };
  const { result, events, outputDir } = await pretrained({ ...given, budget: "6s" });
  assert.equal(liveTensors(), before);
  const { chosen, expectedSeconds } = result.budget!;
  assert.deepEqual(Object.keys(chosen), ["steps", "batchSize", "warmupRatio", "evaluateEvery"]);
  assert.ok(result.steps > 5 && expectedSeconds! <= 6);
  assert.equal(events[0]!.type, "budget");
  const byHand = await pretrained({ ...given, ...chosen });
  assert.deepEqual(settingsAside(byHand.outputDir), settingsAside(outputDir));

  const other = () => pretrained({ outputDir, resume: true, budget: "7s" });
  await assert.rejects(other(), { message: /^Expected "6s", as in the run to resume, for budget but/ });
  const again = await pretrained({ outputDir, resume: true, budget: "6s" });
  assert.equal(again.result.steps, result.steps);
  assert.equal(again.result.budget!.budget, "6s");
});

test("what says already how long a run is, is refused beside a budget, and so is one in which nothing can be done", async () => {
  const refusals: [RunOptions, RegExp][] = [
    [{ steps: 5 }, /^Expected no value beside budget, .* for steps but received 5$/],
    [{ phases: [{ steps: 5 }] }, /for phases but/],
    [{ recipe: "paper" }, /for recipe but/],
    [
      { continueFrom: TINY, maxSeqLength: 32, budget: "1s" },
      /^Expected at least "\ds", which one update with set-up and saving needs, for budget but received "1s"$/,
    ],
    [{ budget: "3 sequences" }, /^Expected at least "16 sequences", which one update needs, for budget but/],
  ];
  for (const [options, message] of refusals)
    await assert.rejects(pretrained({ budget: "5s", ...options }), { message });
});
