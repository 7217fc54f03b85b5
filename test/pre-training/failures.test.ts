import "../support/one-thread.js";

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PretrainEvent } from "../../lib/index.js";
import {
  corpusFolder,
  folderIn,
  noticesOf,
  prepareTinyCorpus,
  type RunOptions,
  remainsOf,
  run,
  snapshotNames,
  tenSteps,
  twoPhases,
} from "../support/pretraining-runs.js";
import { onSmallDisk } from "../support/small-disk.js";

const { directory, data, newOutputDir } = await corpusFolder();

/** What a run fails with. */
async function failureOf(options: RunOptions): Promise<{ code: string; message: string }> {
  return run({ ...tenSteps, data, outputDir: newOutputDir(), ...options }).then(
    () => assert.fail("the run went through"),
    (error) => error,
  );
}

async function assertFails(options: RunOptions, expected: { code: string; message: string | RegExp }) {
  const { code, message } = await failureOf(options);
  assert.equal(code, expected.code, message);
  if (typeof expected.message === "string") assert.equal(message, expected.message);
  else assert.match(message, expected.message);
}

test("what is missing is named, in a phase too", async () => {
  const code = "ERR_OPTION";
  await assertFails({ data: undefined }, { code, message: /^Expected a prepared corpus for data but / });
  await assertFails({ steps: undefined }, { code, message: /^Expected a number of updates for steps but / });
  const phases = [{ steps: 5 }, {}];
  await assertFails(
    { steps: undefined, phases },
    { code, message: /for phases\.1\.steps but received undefined$/ },
  );
  await assertFails(
    { data: undefined, phases },
    { code, message: /for phases\.0\.data but received undefined$/ },
  );
});

test("sequences longer than the model's positions are refused before anything is written", async () => {
  const code = "ERR_OPTION";
  const outputDir = newOutputDir();
  const fresh = { continueFrom: undefined, size: "tiny", outputDir } as const;
  const message = "Expected at most 512, the model's longest input, for maxSeqLength but received 513";
  await assertFails({ ...fresh, maxSeqLength: 513 }, { code, message });
  assert.equal(existsSync(outputDir), false);
  await assertFails(
    { maxSeqLength: 65 },
    { code, message: /at most 64, the model's longest input, .* received 65$/ },
  );
  await run({ ...tenSteps, data, outputDir, maxSeqLength: 64, steps: 1 });
});

test("a directory with other files is left alone, unless overwrite or resume is asked for", async () => {
  const outputDir = folderIn(directory, "full");
  writeFileSync(join(outputDir, "thesis.txt"), "years of work");
  await assertFails(
    { outputDir },
    {
      code: "ERR_OPTION",
      message:
        /^Expected an empty or new directory for outputDir but .*thesis\.txt\); overwrite: true allows it$/,
    },
  );
  await run({ ...tenSteps, data, outputDir, overwrite: true, steps: 1 });
  assert.ok(existsSync(join(outputDir, "thesis.txt")));
});

test("a directory that holds a run is not called one to overwrite, but one to resume", async () => {
  const outputDir = newOutputDir();
  await run({ ...tenSteps, data, outputDir, snapshotEvery: 1, steps: 1 });
  const message =
    /received ".*", which holds a run; resume: true goes on with it, overwrite: true begins anew$/;
  await assertFails({ outputDir }, { code: "ERR_OPTION", message });
  assert.deepEqual(snapshotNames(outputDir), ["step-000000001"]);
});

test("a second run in a directory where one is under way is refused, whatever it asks for", async () => {
  const outputDir = newOutputDir();
  const seconds: Promise<{ code: string; message: string }>[] = [];
  await run(
    { ...tenSteps, data, outputDir },
    {
      onEvent: ({ type }) => {
        if (type !== "start") return;
        seconds.push(failureOf({ outputDir, resume: true }), failureOf({ outputDir, overwrite: true }));
      },
    },
  );
  for (const { code, message } of await Promise.all(seconds)) {
    assert.equal(code, "ERR_OPTION");
    assert.match(
      message,
      /^Expected a directory that no other run uses for outputDir but received .* is working in/,
    );
  }
  assert.equal(seconds.length, 2);
  assert.ok(!readdirSync(outputDir).includes(".lock"), "the lock goes with the run");
});

test("a lock that a process on another machine left is taken over, which is told", async () => {
  const outputDir = newOutputDir();
  const left = join(outputDir, ".lock/other");
  mkdirSync(left, { recursive: true });
  writeFileSync(
    join(left, "owner.json"),
    JSON.stringify({ host: "pod-1", pid: 7, machine: "another kernel" }),
  );
  writeFileSync(join(left, "renewed"), "");
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(join(left, "renewed"), hourAgo, hourAgo);
  const notices: string[] = [];
  const onEvent = (event: PretrainEvent) => event.type === "notice" && notices.push(event.message);
  await run({ ...tenSteps, data, outputDir, resume: true, steps: 1 }, { onEvent });
  assert.equal(
    notices[0],
    `"${outputDir}" was locked by process 7 on pod-1, which no longer renews the lock: it is this run's now`,
  );
});

test("a corpus that is not there, not finished or damaged is named", async () => {
  await assertFails(
    { data: "nowhere" },
    { code: "ERR_DATA", message: /^nowhere: Expected a prepared corpus but / },
  );
  const cut = await prepareTinyCorpus(join(directory, "cut"));
  const shard = join(cut, "train-00000.safetensors");
  truncateSync(shard, readFileSync(shard).length - 100);
  await assertFails(
    { data: cut },
    { code: "ERR_CHECKPOINT", message: /train-00000\.safetensors .*cut short$/ },
  );
  const single = await prepareTinyCorpus(join(directory, "single"), { count: 1, validationShare: 0 });
  await assertFails({ data: single }, { code: "ERR_DATA", message: /at least 2 documents/ });
});

test("a run that diverges names the step and saves no model", async () => {
  const outputDir = newOutputDir();
  const { code, message } = await failureOf({ learningRate: 1e30, warmupRatio: 0, outputDir });
  assert.equal(code, "ERR_NON_FINITE");
  assert.match(
    message,
    /^The loss became .* at step 2: a lower learning rate or a longer warm-up usually fixes it$/,
  );
  assert.deepEqual(readdirSync(outputDir), ["log.jsonl", "settings.json"]);
});

test("weights that give no number are found by the evaluation, and no model of them is saved", async () => {
  const diverging = { learningRate: 1e30, warmupRatio: 0 };
  const message =
    /^The loss on the validation documents became NaN: a lower learning rate or a longer warm-up usually fixes it$/;
  for (const options of [
    { ...diverging, evaluateEvery: 1 }, // in between
    { ...diverging, steps: 1 }, // at the end
  ]) {
    const outputDir = newOutputDir();
    await assertFails({ ...options, outputDir }, { code: "ERR_NON_FINITE", message });
    assert.deepEqual(readdirSync(outputDir), ["log.jsonl", "settings.json"]);
  }
});

test("a run that diverges in its second phase names that, and the snapshot from before", async () => {
  const outputDir = newOutputDir();
  const [first, second] = twoPhases.phases;
  const phases = [first!, { ...second!, learningRate: 1e30, schedule: "constant" as const }];
  const { message } = await failureOf({ ...twoPhases, phases, snapshotEvery: 5, outputDir });
  assert.match(
    message,
    /^Phase 2: The loss became .* at step 2: .*; resume: true with changeSchedule: true goes on from the snapshot of step 5, from before$/,
  );
  assert.deepEqual(snapshotNames(outputDir), ["step-000000005"]);
});

test("a snapshot of weights that were spoilt already is not recommended", async () => {
  const { message } = await failureOf({ learningRate: 1e30, warmupRatio: 0, snapshotEvery: 1 });
  assert.match(message, /usually fixes it$/);
});

const disk = folderIn(directory, "disk");

// A snapshot of the tiny model has 280 KB, the model 95 KB.
test("a disk that is full at a snapshot ends the run with one error, and the older snapshot is intact", (t) =>
  onSmallDisk(t, { disk, size: "450k" }, async () => {
    const outputDir = join(disk, "run");
    const { code, message } = await failureOf({ outputDir });
    assert.equal(code, "ERR_RUNTIME");
    assert.match(
      message,
      /\/disk\/run: The run stopped after step 10: ENOSPC.*; resuming goes on from the snapshot of step 5$/,
    );
    assert.deepEqual(snapshotNames(outputDir), ["step-000000005"]);

    execFileSync("mount", ["-o", "remount,size=2m", disk]);
    const { events } = await run({ ...tenSteps, data, outputDir, resume: true });
    assert.deepEqual(noticesOf(events), []);
    const undisturbed = newOutputDir();
    await run({ ...tenSteps, data, outputDir: undisturbed });
    assert.deepEqual(remainsOf(outputDir), remainsOf(undisturbed));
  }));

test("an interrupted run that finds no room for its snapshot says so, and is still an interrupted run", (t) =>
  onSmallDisk(t, { disk, size: "150k" }, async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const notices: string[] = [];
    const interrupted = run(
      { ...tenSteps, data, outputDir: join(disk, "run") },
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === "step" && event.step === 3) controller.abort(reason);
          if (event.type === "notice") notices.push(event.message);
        },
      },
    );
    await assert.rejects(interrupted, reason);
    assert.equal(notices.length, 1);
    assert.match(notices[0]!, /^the snapshot of step 3 could not be written: ENOSPC/);
  }));
