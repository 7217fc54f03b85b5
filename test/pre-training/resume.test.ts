import "../support/one-thread.js";

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type PretrainingBatch, PretrainingEpoch } from "../../lib/data/pretraining/pretraining-epoch.js";
import {
  corpusFolder,
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
  undisturbedRuns,
} from "../support/pretraining-runs.js";

const RUN_AND_DIE = fileURLToPath(new URL("run-and-die.js", import.meta.url));
const folder = await corpusFolder();
const { data, newOutputDir } = folder;
const undisturbed = undisturbedRuns(folder);

/** Runs in a process of its own, killed at that moment. */
function runAndDie(options: RunOptions & { outputDir: string }, moment: string): void {
  const { signal, stderr } = spawnSync(
    process.execPath,
    [RUN_AND_DIE, JSON.stringify({ data, ...options }), moment],
    { encoding: "utf8" },
  );
  assert.equal(signal, "SIGKILL", stderr);
  assert.ok(existsSync(join(options.outputDir, ".lock")), "the dead run left its lock");
}

const halfPrecision = { ...tenSteps, dtype: "bfloat16" } satisfies RunOptions;
const lamb = { ...tenSteps, optimizer: "lamb" } satisfies RunOptions;
/** A line of the log covers updates from before and after the snapshot. */
const longIntervals = { ...tenSteps, logEvery: 4, microBatchSize: 3, evaluateEvery: 2 } satisfies RunOptions;

for (const [what, options, moment, resumedAt] of [
  ["killed as its snapshot is written", tenSteps, "snapshot:5", 5],
  ["killed three steps after its snapshot", tenSteps, "step:8", 5],
  ["killed while it writes its second snapshot", tenSteps, "writing:5", 5],
  ["killed before its first snapshot", tenSteps, "step:3", 0],
  ["in bfloat16, killed after its snapshot", halfPrecision, "step:7", 5],
  ["with LAMB, killed after its snapshot", lamb, "step:7", 5],
  ["of micro-batches with long log intervals, killed in one", longIntervals, "step:8", 5],
  ["killed in its second phase", twoPhases, "step:9", 7],
] as const) {
  test(`a run ${what} and resumed leaves the same bytes as one undisturbed`, async () => {
    const outputDir = newOutputDir();
    runAndDie({ ...options, outputDir }, moment);
    assert.ok(!existsSync(join(outputDir, "model.safetensors")));
    const { events } = await run({ ...options, data, outputDir, resume: true });
    const start = events.find((event) => event.type === "start")!;
    assert.deepEqual([start.firstStep, start.totalSteps], [resumedAt, 10]);
    assert.deepEqual(remainsOf(outputDir), await undisturbed(options));
  });
}

test("a resumed run sees the very batches that the undisturbed one sees", async (t) => {
  const whole = await batchesOf(t, () => run({ ...twoPhases, data, outputDir: newOutputDir() }));
  const outputDir = newOutputDir();
  const parts = [
    ...(await batchesOf(t, () => runAndAbort({ ...twoPhases, data, outputDir }, 8))).slice(0, -1), // drawn, not used
    ...(await batchesOf(t, () => run({ ...twoPhases, data, outputDir, resume: true }))),
  ];
  assert.ok(whole.length >= 10);
  assert.deepEqual(parts, whole);
});

/** The batches that something draws for training. */
async function batchesOf(t: TestContext, body: () => Promise<unknown>): Promise<PretrainingBatch[]> {
  const { mock } = t.mock.method(PretrainingEpoch.prototype, "batchOf");
  await body();
  mock.restore();
  return mock.calls.map(({ result }) => result!);
}

test("an aborted run rejects with the reason after that update, and its snapshot leads to the same bytes", async () => {
  for (const [options, step] of [
    [tenSteps, 7],
    [tenSteps, 5], // when there is a snapshot of that step already
    [tenSteps, 1],
    [twoPhases, 6], // at the end of the first phase
    [longIntervals, 6], // within an interval of the log
  ] as const) {
    const outputDir = newOutputDir();
    await runAndAbort({ ...options, data, outputDir }, step);
    assert.equal(snapshotNames(outputDir).at(-1), `step-00000000${step}`);
    await run({ ...options, data, outputDir, resume: true });
    const { snapshots, ...remains } = remainsOf(outputDir);
    const { snapshots: _, ...expected } = await undisturbed(options);
    assert.deepEqual(remains, expected);
  }
});

test("an evaluation that was interrupted is made when the run is resumed", async () => {
  const options = { ...tenSteps, evaluateEvery: 5 };
  const outputDir = newOutputDir();
  const controller = new AbortController();
  const interrupted = run(
    { ...options, data, outputDir },
    {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.step === 5) controller.abort(new Error("enough")); // before it is evaluated
      },
    },
  );
  await assert.rejects(interrupted, { message: "enough" });
  assert.ok(logLines(outputDir).every(({ type }) => type === "step"));
  await run({ ...options, data, outputDir, resume: true });
  assert.deepEqual(remainsOf(outputDir), await undisturbed(options));
});

test("a run may be interrupted and resumed again and again", async () => {
  const outputDir = newOutputDir();
  await runAndAbort({ ...tenSteps, data, outputDir }, 2);
  await runAndAbort({ ...tenSteps, data, outputDir, resume: true }, 4);
  runAndDie({ ...tenSteps, outputDir, resume: true }, "step:9");
  await run({ ...tenSteps, data, outputDir, resume: true });
  assert.deepEqual(remainsOf(outputDir).model, (await undisturbed(tenSteps)).model);
  assert.deepEqual(logLines(outputDir), (await undisturbed(tenSteps)).log);
});

test("a damaged newest snapshot is passed over aloud, and the run still ends with the same bytes", async () => {
  const outputDir = newOutputDir();
  await runAndAbort({ ...tenSteps, data, outputDir }, 8);
  assert.deepEqual(snapshotNames(outputDir), ["step-000000005", "step-000000008"]);
  const tensors = join(outputDir, "snapshots/step-000000008/training.safetensors");
  const bytes = readFileSync(tensors);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(tensors, bytes);

  const { events } = await run({ ...tenSteps, data, outputDir, resume: true });
  assert.deepEqual(
    noticesOf(events).filter((message) => message.includes("snapshot")),
    [
      `passing over the snapshot ${join(outputDir, "snapshots/step-000000008")}, which is damaged: ` +
        "training.safetensors has another checksum",
    ],
  );
  assert.deepEqual(
    stepsOf(events).map(({ step }) => step),
    [6, 7, 8, 9, 10],
  );
  const { snapshots, ...remains } = remainsOf(outputDir);
  const { snapshots: _, ...expected } = await undisturbed(tenSteps);
  assert.deepEqual(remains, expected);
});

test("resuming where there is no snapshot begins at step 0 and says so", async () => {
  const outputDir = newOutputDir();
  const { events } = await run({ ...tenSteps, data, outputDir, resume: true });
  assert.ok(noticesOf(events).includes("there is no snapshot to resume from: the run begins at step 0"));
  assert.deepEqual(remainsOf(outputDir), await undisturbed(tenSteps));
});

test("resuming a run that is over evaluates and saves again, with the same result", async () => {
  const outputDir = newOutputDir();
  const first = await run({ ...tenSteps, data, outputDir });
  const remains = remainsOf(outputDir);
  const { result, losses } = await run({ ...tenSteps, data, outputDir, resume: true });
  const { tokensPerSecond, ...figures } = first.result;
  const { tokensPerSecond: _, ...again } = result;
  assert.deepEqual(again, figures);
  assert.deepEqual(losses, []);
  assert.deepEqual(remainsOf(outputDir), remains);
});
