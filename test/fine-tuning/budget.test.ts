import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { FineTuneEvent } from "../../lib/fine-tuning/events.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { epochsOf, updatesOf } from "../../lib/fine-tuning/updates.js";
import type { FineTuneOptions } from "../../lib/index.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { failureOf, rowsOf, tinyRun, writeTsv } from "../session/support.js";
import { killedRun, remainsOf, resumed, run } from "../support/fine-tuning-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { settingsOf } from "./settings.js";

const directory = temporaryDirectory();
const { epochs: _, batchSize: _b, ...without } = tinyRun;
const base = {
  ...without,
  train: writeTsv(join(directory, "train.tsv"), rowsOf(90)),
  validation: writeTsv(join(directory, "dev.tsv"), rowsOf(20, 1001)),
};

/** Each look at it is a tenth of a second later: whatever is measured takes as long on every machine. */
function slowClock() {
  let looks = 0;
  return () => looks++ / 10;
}

/** What a budget comes to, by the slow clock. */
async function choiceOf(options: object) {
  const events: FineTuneEvent[] = [];
  const settings = settingsOf({ ...base, ...options } as FineTuneOptions);
  const { model, result } = await fineTune(settings, {
    clock: slowClock(),
    emit: (event) => events.push(event),
  });
  model.dispose();
  const told = events.flatMap((event) => (event.type === "budget" ? [event] : []));
  return { told: told[0]!, result, events };
}

test("a number of epochs is found for any number of updates", () => {
  const counts = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(counts, counts, (updates, perEpoch) => {
      assert.equal(updatesOf(epochsOf(updates, perEpoch), perEpoch), updates);
    }),
  );
  assert.equal(epochsOf(300, 100), 3);
  assert.equal(epochsOf(150, 100), 1.5);
});

test("a part of an epoch is that share of its updates, and is evaluated at its end", async () => {
  const { result } = await run({ ...base, batchSize: 10, epochs: 1.35, outputDir: join(directory, "part") });
  assert.equal(result.steps, 12); // of 9 an epoch
  assert.deepEqual(
    result.history.evaluations.map(({ step }) => step),
    [9, 12],
  );
  assert.equal(result.history.steps.at(-1)!.epoch, 2);
  const whole = await run({ ...base, batchSize: 10, epochs: 2, outputDir: join(directory, "whole") });
  const losses = (made: typeof whole) => made.result.history.steps.slice(0, 1).map(({ loss }) => loss);
  assert.deepEqual(losses({ events: [], result }), losses(whole)); // the same rows in the same order
});

test("a budget of updates is that many, over all seeds", async () => {
  const { told, result } = await choiceOf({ budget: "7 updates" });
  assert.equal(result.steps, 7);
  assert.deepEqual(told.chosen, { batchSize: 32, epochs: 2.3 });
  assert.equal(told.expectedSeconds, null);
  const seeds = await choiceOf({ budget: "7 updates", seed: undefined, seeds: [1, 2], batchSize: 16 });
  assert.equal(seeds.result.steps, 3);
  assert.equal(seeds.told.chosen.batchSize, undefined);
});

test("a budget of rows smaller than an epoch takes a part of them at random, and says so", async () => {
  const { told, result } = await choiceOf({ budget: "50 rows" });
  assert.equal(told.chosen.batchSize, 16); // of which more updates can be made
  assert.equal(result.steps, 3);
  assert.match(told.reason, /of the rows it sees 50 %, drawn at random/);
});

test("the settings that were chosen by time make the same model when they are written by hand, bit for bit", async () => {
  const outputDir = join(directory, "by-time");
  const events: FineTuneEvent[] = [];
  const settings = settingsOf({ ...base, budget: "9s", outputDir } as FineTuneOptions);
  const before = liveTensors();
  const { model, result } = await fineTune(settings, {
    clock: slowClock(),
    emit: (event) => events.push(event),
  });
  model.dispose();
  assert.equal(liveTensors(), before);
  const { chosen, expectedSeconds, reason } = result.budget!;
  assert.ok(result.steps > 5 && result.steps < 60, `${result.steps} updates`);
  assert.ok(expectedSeconds! <= 9 && expectedSeconds! > 8);
  assert.match(reason, /an update takes 0\.\d+ s \(mean of \d\), an evaluation 0\.\d+ s/);

  const report = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  assert.deepEqual(report.budget, result.budget);
  assert.equal(report.options.epochs, chosen.epochs);
  assert.match(readFileSync(join(outputDir, "report.html"), "utf8"), /an update takes 0\.\d+ s/);

  const byHand = join(directory, "by-hand");
  await run({ ...base, ...chosen, outputDir: byHand });
  assert.deepEqual(remainsOf(outputDir), remainsOf(byHand));
});

test("what is given is kept", async () => {
  const { told, result } = await choiceOf({ budget: "9s", batchSize: 8, evaluateEvery: 4 });
  assert.deepEqual(Object.keys(told.chosen), ["epochs"]);
  assert.equal(result.history.evaluations[0]!.step, 4);
});

test("epochs beside a budget are refused, and so is a budget in which nothing can be done, with what could", async () => {
  const both = await failureOf(choiceOf({ budget: "9s", epochs: 2 }));
  assert.match(both.message, /^Expected no value beside budget, .* for epochs but received 2$/);
  const little = await failureOf(choiceOf({ budget: "1s" }));
  assert.equal(little.code, "ERR_OPTION");
  const [, least] = little.message.match(/^Expected at least "(\d+s)", .* for budget but received "1s"$/)!;
  assert.ok((await choiceOf({ budget: least })).result.steps >= 1);
  assert.match(
    (await failureOf(choiceOf({ budget: "5 rows" }))).message,
    /^Expected at least "16 rows", which one update needs, for budget but/,
  );
});

test("a run that was killed goes on with what was chosen, and is measured no second time", async () => {
  const options = { ...base, budget: "12 updates", snapshotEvery: 4 };
  const undisturbed = join(directory, "undisturbed");
  await run({ ...options, outputDir: undisturbed });
  const outputDir = join(directory, "killed");
  await killedRun({ ...options, outputDir }, 14);
  await assert.rejects(resumed(outputDir, { budget: "20 updates" }), {
    message: 'Expected "12 updates", as in the run to resume, for budget but received "20 updates"',
  });
  const { events, result } = await resumed(outputDir, { budget: "12 updates" });
  assert.ok(events.every(({ type }) => type !== "budget"));
  assert.equal(result.budget!.budget, "12 updates");
  assert.deepEqual(remainsOf(outputDir), remainsOf(undisturbed));
});
