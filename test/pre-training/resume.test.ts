import "../support/one-thread.js";

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type PretrainingBatch, PretrainingEpoch } from "../../lib/data/pretraining/pretraining-epoch.js";
import {
  logLines,
  noticesOf,
  prepareTinyCorpus,
  type RunOptions,
  remainsOf,
  run,
  snapshotNames,
  stepsOf,
  temporaryDirectory,
  tenSteps,
  twoPhases,
} from "../support/pretraining-runs.js";
import { assertClose } from "../support/tolerance.js";

const directory = temporaryDirectory();
const RUN_AND_DIE = fileURLToPath(new URL("run-and-die.js", import.meta.url));
let data: string;

before(async () => {
  data = await prepareTinyCorpus(join(directory, "shards"));
});

let runs = 0;
function newOutputDir(): string {
  return join(directory, `run-${++runs}`);
}

const undisturbedRuns = new Map<object, ReturnType<typeof remainsOf>>();
/** What is left of a run with these options that nothing interrupts. */
async function undisturbed(options: RunOptions): Promise<ReturnType<typeof remainsOf>> {
  let remains = undisturbedRuns.get(options);
  if (remains === undefined) {
    const outputDir = newOutputDir();
    await run({ ...options, data, outputDir });
    remains = remainsOf(outputDir);
    undisturbedRuns.set(options, remains);
  }
  return remains;
}

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

/** Runs until it has logged or evaluated the step, and aborts there. */
async function runAndAbort(options: RunOptions, step: number): Promise<void> {
  const controller = new AbortController();
  const aborted = run(options, {
    signal: controller.signal,
    onEvent: (event) => {
      const reached = event.type === "step" || event.type === "evaluation";
      if (reached && event.step === step) controller.abort(new Error("enough"));
    },
  });
  await assert.rejects(aborted, { message: "enough" });
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

test("resuming with another setting is refused, naming it, and leaves the run as it was", async () => {
  const outputDir = newOutputDir();
  const options = { ...tenSteps, data, outputDir, resume: true };
  await runAndAbort(options, 3);
  const log = logLines(outputDir);
  const other = await prepareTinyCorpus(join(directory, "other"), { count: 40 });
  const changes: [string, RunOptions][] = [
    ["seed", { seed: 2 }],
    ["optimizer", { optimizer: "lamb" }],
    ["dtype", { dtype: "bfloat16" }],
    ["batchSize", { batchSize: 16 }],
    ["maskSplit", { maskSplit: "100/0/0" }],
    ["objective", { objective: "mlm" }],
    ["data", { data: other }],
    ["maxSeqLength", { phases: [{ steps: 10, maxSeqLength: 16 }] }],
    ["phases", { phases: [{ steps: 10 }, { steps: 10 }] }],
  ];
  for (const [name, changed] of changes) {
    const refusal = new RegExp(`^Expected .*, as in the run to resume, for ${name} but received [^;]*$`);
    const alsoOther = { changeSchedule: true, learningRate: 2e-3 }; // which is no way around the others
    for (const given of [changed, { ...changed, ...alsoOther }])
      await assert.rejects(run({ ...options, ...given }), { code: "ERR_OPTION", message: refusal });
  }
  assert.deepEqual(logLines(outputDir), log);
});

test("what decides nothing may change, and all that the run reads and writes may have moved", async () => {
  const outputDir = newOutputDir();
  await runAndAbort({ ...tenSteps, data, outputDir }, 3);
  const moved = (path: string, name: string) => {
    const to = join(directory, `moved-${name}`);
    cpSync(path, to, { recursive: true });
    return to;
  };
  const places = {
    data: moved(data, "shards"),
    continueFrom: moved(tenSteps.continueFrom, "checkpoint"),
    outputDir: moved(outputDir, "run"),
  };
  const changed: RunOptions = {
    ...{ snapshotEvery: 2, keepSnapshots: 1, logEvery: 5, evaluateEvery: 4, evaluationSequences: 4 },
    ...{ device: "auto", rankTimeout: 10, reduceDtype: "bfloat16", shardOptimizer: true },
    ...{ steps: undefined, phases: [{ steps: 10 }] }, // in other words, the same
  };
  const { events } = await run({ ...tenSteps, ...places, ...changed, resume: true });
  assert.deepEqual(noticesOf(events), []);
  const { model } = remainsOf(places.outputDir);
  assert.equal(model, (await undisturbed(tenSteps)).model);
});

test("resuming from another checkpoint at the same path is refused", async () => {
  const outputDir = newOutputDir();
  const continueFrom = join(directory, "changing");
  cpSync(tenSteps.continueFrom, continueFrom, { recursive: true });
  const options = { ...tenSteps, continueFrom, data, outputDir, resume: true };
  await runAndAbort(options, 3);
  const refusal = { code: "ERR_OPTION", message: /as in the run to resume, for continueFrom but/ };

  const config = JSON.parse(readFileSync(join(continueFrom, "config.json"), "utf8"));
  const withDropout = (hidden_dropout_prob: number) =>
    writeFileSync(join(continueFrom, "config.json"), JSON.stringify({ ...config, hidden_dropout_prob }));
  withDropout(0.2);
  await assert.rejects(run(options), refusal);
  withDropout(config.hidden_dropout_prob);

  const weights = join(continueFrom, "model.safetensors");
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(weights, bytes);
  await assert.rejects(run(options), refusal);
});

test("another learning rate, warm-up or schedule needs changeSchedule, and counts from the snapshot on", async () => {
  const outputDir = newOutputDir();
  const options = { ...tenSteps, data, outputDir, resume: true };
  const changed = { learningRate: 2e-3, warmupRatio: 0.5, schedule: "constant" } as const;
  await runAndAbort(options, 3);
  for (const [name, value] of Object.entries(changed)) {
    const message = new RegExp(
      `as in the run to resume, for ${name} but .*; changeSchedule: true allows it$`,
    );
    await assert.rejects(run({ ...options, [name]: value }), { code: "ERR_OPTION", message });
  }
  const { events } = await run({ ...options, ...changed, changeSchedule: true });
  assert.deepEqual(noticesOf(events), [
    "after step 3, learningRate is 0.002 instead of 0.001",
    "after step 3, warmupRatio is 0.5 instead of 0.2",
    'after step 3, schedule is "constant" instead of "linear"',
    "the learning rate was 1.00e-3 in update 3 and is 1.20e-3 in update 4",
  ]);
  const logs = logLines(outputDir).filter(({ type }) => type === "step");
  assertClose(
    logs.map(({ learningRate }) => learningRate),
    [0, 5e-4, 1e-3, ...[3 / 5, 4 / 5, 1, 1, 1, 1, 1].map((share) => share * 2e-3)],
    { relative: 1e-12 },
  );
  await run({ ...options, ...changed }); // what it was changed to is now the run's own
  await assert.rejects(run(options), { code: "ERR_OPTION", message: /for learningRate but/ });
});

test("a phase that diverged goes on from the snapshot before with a lower learning rate", async () => {
  const outputDir = newOutputDir();
  const [first, second] = twoPhases.phases;
  const options = { ...twoPhases, data, outputDir, snapshotEvery: 5 };
  const diverging = [first!, { ...second!, learningRate: 1e30, schedule: "constant" as const }];
  await assert.rejects(run({ ...options, phases: diverging }), { code: "ERR_NON_FINITE" });
  await assert.rejects(run({ ...options, resume: true }), {
    message: /for phases\.1\.learningRate but .*; changeSchedule: true/,
  });
  await run({ ...options, resume: true, changeSchedule: true });
  const { model, log } = remainsOf(outputDir);
  const { model: expectedModel, log: expectedLog } = await undisturbed({ ...twoPhases, snapshotEvery: 5 });
  assert.deepEqual([model, log], [expectedModel, expectedLog]);
});

test("resuming where the corpus at the same path is another one of equal counts is refused", async () => {
  const outputDir = newOutputDir();
  const sentences = ["the film was good .", "the cast was bad .", "a plot is dull .", "i like the music ."];
  const textOf = (order: string[]) => Array(20).fill(order.join("\n")).join("\n\n");
  const own = join(directory, "own");
  const prepareOwn = (order: string[]) => {
    rmSync(own, { recursive: true, force: true });
    return prepareTinyCorpus(own, { text: textOf(order), validationShare: 0 });
  };
  await prepareOwn(sentences);
  const options = { ...tenSteps, data: own, outputDir, resume: true };
  await runAndAbort(options, 3);
  await prepareOwn(sentences.toReversed());
  const counts = '"documents":20,"sentences":80,"tokens":400';
  const message = new RegExp(
    `^Expected {${counts},"sha256":"\\w+"}, as in the run to resume, for data but received {${counts},"sha256":"\\w+"}$`,
  );
  await assert.rejects(run(options), { code: "ERR_OPTION", message });
  await prepareOwn(sentences);
  await run(options);
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

test("a new run in the directory of an old one leaves nothing of it to resume from", async () => {
  const outputDir = newOutputDir();
  await run({ ...tenSteps, data, outputDir });
  const other = { ...tenSteps, data, outputDir, seed: 9, overwrite: true };
  await runAndAbort(other, 3);
  assert.deepEqual(snapshotNames(outputDir), ["step-000000003"]);
  assert.deepEqual(
    logLines(outputDir).map(({ step }) => step),
    [1, 2, 3],
  );
});

test("the last keepSnapshots are kept", async () => {
  const outputDir = newOutputDir();
  await run({ ...tenSteps, data, outputDir, snapshotEvery: 3, keepSnapshots: 2 });
  assert.deepEqual(snapshotNames(outputDir), ["step-000000009", "step-000000010"]);
});

test("log.jsonl has a line for each interval and each evaluation, with the mean of the interval", async () => {
  const { log } = await undisturbed(tenSteps);
  const lines = log.filter(({ type }) => type === "step");
  assert.deepEqual(
    lines.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );

  const outputDir = newOutputDir();
  await run({ ...tenSteps, data, outputDir, logEvery: 4, evaluateEvery: 5 });
  const sparse = logLines(outputDir);
  assert.deepEqual(
    sparse.map(({ type, step }) => `${type} ${step}`),
    ["step 4", "evaluation 5", "step 8", "step 10", "evaluation 10"],
  );
  const mean = (name: "mlmLoss" | "nspLoss" | "gradientNorm", first: number, end: number) =>
    lines.slice(first, end).reduce((sum, line) => sum + line[name], 0) / (end - first);
  for (const [line, first, end] of [
    [0, 0, 4],
    [2, 4, 8],
    [3, 8, 10],
  ] as const) {
    assert.equal(sparse[line].mlmLoss, mean("mlmLoss", first, end));
    assert.equal(sparse[line].nspLoss, mean("nspLoss", first, end));
    assert.equal(sparse[line].loss, sparse[line].mlmLoss + sparse[line].nspLoss);
    assert.equal(sparse[line].gradientNorm, mean("gradientNorm", first, end));
    assert.equal(sparse[line].learningRate, lines[end - 1].learningRate);
  }
});
