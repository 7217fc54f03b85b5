import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  corpusFolder,
  logLines,
  noticesOf,
  prepareTinyCorpus,
  type RunOptions,
  remainsOf,
  run,
  runAndAbort,
  tenSteps,
  twoPhases,
  undisturbedRuns,
} from "../support/pretraining-runs.js";
import { assertClose } from "../support/tolerance.js";

const folder = await corpusFolder();
const { directory, data, newOutputDir } = folder;
const undisturbed = undisturbedRuns(folder);

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
