import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ProcessGroup } from "../../lib/distributed/group.js";
import { freePort } from "../../lib/distributed/launch.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { type PreparedRun, prepareRun } from "../../lib/fine-tuning/prepare-run.js";
import { trainingCosts } from "../../lib/fine-tuning/training-costs.js";
import type { FineTuneOptions } from "../../lib/index.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { rowsOf, tinyRun, writeTsv } from "../session/support.js";
import { DEVICE } from "../support/device.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { settingsOf } from "./settings.js";

const { epochs: _, ...without } = tinyRun;
const base = { ...without, train: writeTsv(join(temporaryDirectory(), "train.tsv"), rowsOf(24)) };
const pairs = { ...base, method: "contrastive", pairsPerRow: 4 };
const emit = () => {};

/** Each look at it is a tenth of a second later: so is each update of a CPU. */
function slowClock() {
  let looks = 0;
  return () => looks++ / 10;
}

const prepared = (options: object) => prepareRun(settingsOf(options as FineTuneOptions), { emit });

test("pairs of rows take what was measured, however many tokens their texts would have together", async () => {
  using run = await prepared(pairs);
  const { update } = await trainingCosts(run, { emit }, { now: slowClock(), mostSeconds: 1 });
  assert.ok(Math.abs(update - 0.1) < 1e-6, `${update} s`);
});

test("what is mined before each epoch is shared by its updates, and counted once more for an epoch that is cut short", async () => {
  const train = rowsOf(24).map(({ text }) => ({ anchor: text, positive: text }));
  using run = await prepared({ ...base, task: "embedding", train, batchSize: 24, numNegatives: 2 });
  const { build, update } = await trainingCosts(run, { emit }, { now: slowClock(), mostSeconds: 1 });
  assert.deepEqual([build.toFixed(3), update.toFixed(3)], ["0.200", "0.200"]);
});

test("updates are measured for half of the seconds that it may take, from 1 to 10 of them; the later half counts", async () => {
  using run = await prepared(base);
  const measuredIn = async (mostSeconds: number) =>
    (await trainingCosts(run, { emit }, { now: slowClock(), mostSeconds })).measured;
  assert.deepEqual([await measuredIn(1.2), await measuredIn(6), await measuredIn(100)], [5, 15, 50]);
});

test("at most 20 pairs of each row are trained on, however much time there is", async () => {
  const { model, result } = await fineTune(settingsOf({ ...pairs, budget: "1h" } as FineTuneOptions), {
    clock: slowClock(),
    emit,
  });
  model.dispose();
  assert.equal(result.budget!.chosen.epochs, 5);
  assert.match(result.budget!.reason, /more than 5 epochs would bring next to nothing/);
});

test("what failed to be measured leaves no tensors", async () => {
  using run = await prepared(base);
  const broken = { ...run, settings: { ...run.settings, optimizer: "none" as never } };
  const before = liveTensors();
  const costs = trainingCosts(broken, { emit }, { now: slowClock(), mostSeconds: 1 });
  await assert.rejects(costs, { code: "ERR_OPTION" });
  assert.equal(liveTensors(), before);
});

test("what a method does before an evaluation is stopped in one process alone, not in one of several", async () => {
  using run = await prepared(pairs);
  const place = { host: "127.0.0.1", port: await freePort(), isServedByRank0: true, attempt: 0 };
  const group = await ProcessGroup.join({ rank: 0, size: 1, localRank: 0, ...place }, { timeoutSeconds: 30 });
  if (DEVICE !== "cpu") group.useGpu();
  const { signal } = new AbortController();
  const given: unknown[] = [];
  const head = { ...run.head, settle: async (...own: unknown[]) => void given.push(own[2]) };
  const watched: PreparedRun = { ...run, head };
  for (const context of [
    { emit, signal },
    { emit, signal, group },
  ])
    await trainingCosts(watched, context, { now: slowClock(), mostSeconds: 1 });
  group.leave();
  assert.deepEqual(given, [signal, undefined]);
});
