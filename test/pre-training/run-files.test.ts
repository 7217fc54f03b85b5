import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  corpusFolder,
  logLines,
  run,
  runAndAbort,
  snapshotNames,
  tenSteps,
} from "../support/pretraining-runs.js";

const { data, newOutputDir } = await corpusFolder();

test("the last keepSnapshots are kept", async () => {
  const outputDir = newOutputDir();
  await run({ ...tenSteps, data, outputDir, snapshotEvery: 3, keepSnapshots: 2 });
  assert.deepEqual(snapshotNames(outputDir), ["step-000000009", "step-000000010"]);
});

test("a resumed run removes older snapshots that the one before could not", async () => {
  const outputDir = newOutputDir();
  await run({ ...tenSteps, data, outputDir, snapshotEvery: 3, keepSnapshots: 2 });
  await run({ ...tenSteps, data, outputDir, snapshotEvery: 3, keepSnapshots: 1, resume: true });
  assert.deepEqual(snapshotNames(outputDir), ["step-000000010"]);
});

test("log.jsonl has a line for each interval and each evaluation, with the mean of the interval", async () => {
  const [every, some] = [newOutputDir(), newOutputDir()];
  await run({ ...tenSteps, data, outputDir: every });
  const lines = logLines(every).filter(({ type }) => type === "step");
  assert.deepEqual(
    lines.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );

  await run({ ...tenSteps, data, outputDir: some, logEvery: 4, evaluateEvery: 5 });
  const sparse = logLines(some);
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

test("a finished run tells where its snapshots are and how large they are", async () => {
  const outputDir = newOutputDir();
  const { events } = await run({ ...tenSteps, steps: 3, data, outputDir });
  const saved = events.find(({ type }) => type === "saved") as {
    snapshots: { directory: string; bytes: number };
  };
  assert.equal(saved.snapshots.directory, join(outputDir, "snapshots"));
  const tensors = readFileSync(join(outputDir, "snapshots/step-000000003/training.safetensors")).length;
  assert.ok(saved.snapshots.bytes > tensors && saved.snapshots.bytes < tensors + 10_000);
});
