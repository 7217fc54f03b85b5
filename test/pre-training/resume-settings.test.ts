import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSealedJson } from "../../lib/files/sealed-json.js";
import { pretrain } from "../../lib/index.js";
import { withStoredSettings } from "../../lib/pre-training/stored-settings.js";
import { setNumThreads } from "../../lib/tensor/process.js";
import {
  corpusFolder,
  folderIn,
  logLines,
  noticesOf,
  type RunOptions,
  remainsOf,
  run,
  runAndAbort,
  snapshotNames,
  stepsOf,
  tenSteps,
  twoPhases,
} from "../support/pretraining-runs.js";

const { directory, data, newOutputDir } = await corpusFolder();

/** A run that is aborted after a step. */
async function aborted(options: RunOptions, step: number): Promise<string> {
  const outputDir = newOutputDir();
  await runAndAbort({ ...options, data, outputDir }, step);
  return outputDir;
}

async function finished(options: RunOptions): Promise<string> {
  const outputDir = newOutputDir();
  await run({ ...options, data, outputDir });
  return outputDir;
}

/** Resumes as `pretrain()` does: what is not given is as it was. */
function resumed(outputDir: string, given: RunOptions = {}, processes = 1) {
  return run(withStoredSettings({ resume: true, outputDir, ...given }, processes) as RunOptions);
}

function withoutSnapshotNames(outputDir: string) {
  const { snapshots: _, ...remains } = remainsOf(outputDir);
  return remains;
}

test("a run is resumed with nothing but its folder, and leaves the same bytes as one undisturbed", async () => {
  const own = {
    ...tenSteps,
    maskRate: 0.3,
    wholeWord: true,
    optimizer: "lamb",
    seed: 5,
    evaluateEvery: 4,
  } as const;
  for (const options of [own, twoPhases] as RunOptions[]) {
    const outputDir = await aborted(options, 7);
    await resumed(outputDir);
    assert.deepEqual(withoutSnapshotNames(outputDir), withoutSnapshotNames(await finished(options)));
  }
});

test("pretrain() needs no more than resume and outputDir either", async () => {
  const outputDir = await aborted({ ...tenSteps, device: "cpu" }, 6);
  const { steps } = await pretrain({ resume: true, outputDir });
  assert.equal(steps, 10);
  assert.ok(existsSync(join(outputDir, "model.safetensors")));
});

test("the folder of a run has its settings, with absolute paths, and none that are of one call", async () => {
  const outputDir = await finished({ ...tenSteps, steps: 1, data, overwrite: true });
  const { settings, processes } = openSealedJson(readFileSync(join(outputDir, "settings.json"), "utf8")) as {
    settings: Record<string, unknown>;
    processes: number;
  };
  assert.equal(processes, 1);
  assert.equal(settings.data, data);
  assert.ok(String(settings.continueFrom).startsWith("/"));
  assert.deepEqual([settings.learningRate, settings.wholeWord, settings.steps], [1e-3, false, 1]);
  for (const name of ["resume", "overwrite", "outputDir"]) assert.ok(!(name in settings), name);
});

test("an option that decides the result must agree with the run to resume; others are obeyed", async () => {
  const outputDir = await aborted(tenSteps, 3);
  for (const [given, message] of [
    [{ maskRate: 0.2 }, /^Expected 0\.15, as in the run to resume, for maskRate but received 0\.2$/],
    [{ seed: 3 }, /for seed but/],
    [{ learningRate: 0.5 }, /for learningRate but received 0\.5; changeSchedule: true allows it$/],
    [
      { steps: 12 },
      /^Expected 10, as in the run .* for steps but received 12; changeSchedule: true allows it$/,
    ],
    [{ objective: "causal" }, /^Expected "mlm\+nsp", as in the run to resume, for objective but/],
    [{ recipe: "paper" }, /^Expected no value, as in the run to resume, for recipe but received "paper"$/],
    [{ size: "tiny" }, /the checkpoint in continueFrom has its own .* for size but/],
    [{ phases: [{ steps: 10 }, {}] }, /for phases but received 2$/],
  ] as [RunOptions, RegExp][])
    await assert.rejects(async () => resumed(outputDir, given), { code: "ERR_OPTION", message });
  const { events } = await resumed(outputDir, { logEvery: 5, keepSnapshots: 1, evaluationSequences: 8 });
  assert.deepEqual(noticesOf(events), []);
  assert.deepEqual(
    stepsOf(events).map(({ step }) => step),
    [5, 10],
  );
  assert.deepEqual(snapshotNames(outputDir), ["step-000000010"]);
});

test("in a run of phases, an option that each of them has is refused, and one that they share is obeyed", async () => {
  const outputDir = await aborted(twoPhases, 3);
  await assert.rejects(async () => resumed(outputDir, { steps: 20 }), {
    code: "ERR_OPTION",
    option: "steps",
    message: "Expected phases, as each phase of the run to resume has its own, for steps but received 20",
  });
  await assert.rejects(
    async () => resumed(outputDir, { ...twoPhases, steps: 20 }),
    /for steps but received 20/,
  );
  const moved = join(directory, "moved-shards");
  renameSync(data, moved);
  try {
    await assert.rejects(async () => resumed(outputDir), {
      code: "ERR_DATA",
      message: new RegExp(`^${data}: `),
    });
    await resumed(outputDir, { data: moved });
  } finally {
    renameSync(moved, data);
  }
});

test("a run that is over can be extended, and says what becomes of its learning rate", async () => {
  const outputDir = await finished(tenSteps);
  const { events, losses } = await resumed(outputDir, { steps: 20 });
  assert.equal(losses.length, 10);
  assert.deepEqual(noticesOf(events), [
    "after step 10, steps is 20 instead of 10",
    "the learning rate was 1.25e-4 in update 10 and is 6.25e-4 in update 11",
  ]);
  assert.equal(stepsOf(events)[0]!.learningRate, 6.25e-4);
  assert.equal(logLines(outputDir).at(-1)!.step, 20);
  await assert.rejects(async () => resumed(outputDir, { steps: 15 }), {
    code: "ERR_OPTION",
    message: "Expected at least 20, as so many updates are made, for steps but received 15",
  });
});

test("with a rate that stays the same, a run that was extended leaves the bytes of a longer one", async () => {
  const constant = { ...tenSteps, schedule: "constant", warmupRatio: 0 } as const;
  const outputDir = await finished({ ...constant, steps: 7 });
  assert.deepEqual(snapshotNames(outputDir), ["step-000000005", "step-000000007"]);
  await resumed(outputDir, { steps: 10 });
  const { state, log, ...remains } = withoutSnapshotNames(outputDir);
  const longer = withoutSnapshotNames(await finished(constant));
  assert.deepEqual(remains, {
    files: longer.files,
    model: longer.model,
    config: longer.config,
    training: longer.training,
  });
  assert.deepEqual(state, longer.state);
  const totals = ({ totalSteps: _, ...line }: Record<string, unknown>) => line;
  const isStep = ({ type }: { type: string }) => type === "step";
  assert.deepEqual(log.filter(isStep).map(totals), longer.log.filter(isStep).map(totals));
});

test("the last phase of a run that is over can be extended, and of one under way with changeSchedule", async () => {
  const phases = [twoPhases.phases[0]!, { ...twoPhases.phases[1]!, steps: 6 }];
  const { events } = await resumed(await finished(twoPhases), { phases });
  assert.match(noticesOf(events)[0]!, /^after step 10, phases\.1\.steps is 6 instead of 4$/);
  const early = [{ ...twoPhases.phases[0]!, steps: 8 }, twoPhases.phases[1]!];
  await assert.rejects(
    async () => resumed(await finished(twoPhases), { phases: early }),
    /for phases\.0\.steps but/,
  );
  const outputDir = await aborted(tenSteps, 6);
  const changed = await resumed(outputDir, { steps: 8, changeSchedule: true });
  assert.equal(changed.result.steps, 8);
});

test("what was changed with changeSchedule stays so when the run is resumed once more", async () => {
  const outputDir = await aborted(tenSteps, 3);
  const changed = { learningRate: 5e-4, changeSchedule: true, snapshotEvery: 100 };
  const controller = new AbortController();
  const onEvent = (event: { type: string }) => {
    if (event.type === "start") throw new Error("killed"); // before a snapshot has the new rate
  };
  const options = withStoredSettings({ resume: true, outputDir, ...changed }) as RunOptions;
  await assert.rejects(run(options, { signal: controller.signal, onEvent }), /killed/);
  await assert.rejects(
    async () => resumed(outputDir, { learningRate: 7e-4 }),
    /changeSchedule: true allows it$/,
  );
  const { events } = await resumed(outputDir);
  assert.equal(noticesOf(events)[0], "after step 3, learningRate is 0.0005 instead of 0.001");
});

test("resume beside overwrite, and in a folder without a run, is refused", async () => {
  const outputDir = await aborted(tenSteps, 1);
  await assert.rejects(async () => resumed(outputDir, { overwrite: true }), {
    code: "ERR_OPTION",
    option: "overwrite",
    message:
      "Expected no value beside resume: true, which goes on with the run, for overwrite but received true",
  });
  const other = folderIn(directory, "other");
  writeFileSync(join(other, "thesis.txt"), "years of work");
  await assert.rejects(
    run({ ...tenSteps, data, outputDir: other, resume: true }),
    /holds files \(thesis\.txt\)/,
  );
  await assert.rejects(
    async () => resumed(newOutputDir()),
    /^LibbertError: Expected a prepared corpus for data but/,
  );
});

test("settings that were changed on disk are refused, naming the file; without the file, the options count", async () => {
  const outputDir = await aborted(tenSteps, 6);
  const path = join(outputDir, "settings.json");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace('"steps": 10', '"steps": 11'));
  const message = `${path}: Expected the settings of the run as they were written but received others: delete the file, and give all options of the run`;
  await assert.rejects(async () => resumed(outputDir), { code: "ERR_DATA", message });
  rmSync(path);
  await resumed(outputDir, { ...tenSteps, data });
});

test("a run that is resumed with another number of threads says that its last bits may differ", async (t) => {
  const outputDir = await aborted({ ...tenSteps, device: "cpu" }, 6);
  t.after(() => setNumThreads(1));
  setNumThreads(2);
  const { events } = await resumed(outputDir);
  assert.deepEqual(noticesOf(events), [
    "computing on cpu with 2 threads instead of cpu with 1 thread: numbers are added in another order, and the result may " +
      "differ in its last bits from that of a run without interruption",
  ]);
});

test("another number of processes shares the batches of the run to resume", async () => {
  const outputDir = await finished({ ...tenSteps, steps: 1 });
  const options = (processes: number) => withStoredSettings({ resume: true, outputDir }, processes);
  assert.equal(options(2).batchSize, 4);
  assert.throws(() => options(3), {
    option: "WORLD_SIZE",
    message:
      "Expected a number of processes that divides 8, the batch of the run to resume, for WORLD_SIZE but received 3",
  });
  assert.equal(withStoredSettings({ resume: true, outputDir, batchSize: 5 }, 3).batchSize, 5);
});
