// In a file, and so a process, of its own: tensors that another test forgot would be collected while this one counts.
import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { native } from "../../lib/tensor/native.js";
import { prepareTinyCorpus, type RunOptions, run, tenSteps } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** Files of corpora and runs that are open; a lock is renewed by a thread, which ends a moment after the run. */
const openFiles = () =>
  readdirSync("/proc/self/fd").filter((file) => {
    const link = `/proc/self/fd/${file}`;
    return existsSync(link) && /safetensors|jsonl?$/.test(readlinkSync(link));
  }).length;

const hundredSteps = {
  ...tenSteps,
  steps: 100,
  snapshotEvery: 20,
  evaluateEvery: 20,
  evaluationSequences: 8,
};
for (const [what, options] of [
  ["float32 updates", {}],
  [
    "bfloat16 updates of micro-batches with LAMB",
    { dtype: "bfloat16", microBatchSize: 3, optimizer: "lamb" },
  ],
] as [string, RunOptions][]) {
  test(`a hundred ${what}, with snapshots and evaluations, leave nothing behind`, async () => {
    const directory = temporaryDirectory();
    const data = await prepareTinyCorpus(join(directory, "shards"));
    await run({ ...hundredSteps, ...options, steps: 1, data, outputDir: join(directory, "first") });
    const [tensors, files] = [native.liveTensors(), openFiles()];

    const counts: number[] = [];
    const onEvent = ({ type }: { type: string }) =>
      void (type === "step" && counts.push(native.liveTensors()));
    await run({ ...hundredSteps, ...options, data, outputDir: join(directory, "run") }, { onEvent });
    assert.equal(counts.length, 100);
    assert.deepEqual([...new Set(counts)], [counts[0]], "tensors after each update");
    assert.equal(native.liveTensors(), tensors, "tensors after the run");
    assert.equal(openFiles(), files, "open files after the run");
  });
}

test("a run that fails or is stopped leaves nothing behind either", async () => {
  const directory = temporaryDirectory();
  const data = await prepareTinyCorpus(join(directory, "shards"));
  const fail = async (name: string, options: RunOptions, throwAt: string) => {
    const failing = run(
      { ...tenSteps, data, outputDir: join(directory, name), ...options },
      {
        onEvent: ({ type }) => {
          if (type === throwAt) throw new Error("enough");
        },
      },
    );
    await assert.rejects(failing);
  };
  await fail("first", {}, "step");
  const [tensors, files] = [native.liveTensors(), openFiles()];
  await fail("step", {}, "step");
  await fail("start", {}, "start");
  await fail("length", { maxSeqLength: 65 }, "");
  await fail("diverged", { learningRate: 1e30, warmupRatio: 0 }, "");
  await fail("evaluated", { learningRate: 1e30, warmupRatio: 0, evaluateEvery: 1 }, "");
  await fail("corpus", { data: "nowhere" }, "");
  assert.equal(native.liveTensors(), tensors);
  assert.equal(openFiles(), files);
});
