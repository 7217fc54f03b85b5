import "../support/one-thread.js";

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { prepareCorpus } from "../../lib/data/corpus/prepare-corpus.js";
import { LibbertError } from "../../lib/errors.js";
import { withStoredSettings } from "../../lib/pre-training/stored-settings.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { documentsAsText, saveTokenizer, writeText } from "../data/corpus/prepared.js";
import { rowsOf, tinyRun, writeTsv } from "../session/support.js";
import * as fineTuning from "../support/fine-tuning-runs.js";
import {
  noticesOf,
  prepareTinyCorpus,
  type RunOptions,
  remainsOf,
  run,
  TINY,
  tenSteps,
} from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { damaged } from "./damage.js";
import { Draws } from "./draws.js";
import { FAULT_KINDS, failingDisk, whyNoFailingDisk } from "./failing-disk.js";
import { tries } from "./tries.js";

const skip = whyNoFailingDisk();
const MAIN = join(packageRoot, "dist/lib/cli/main.js");

function libbert(options: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, [MAIN, ...options], { encoding: "utf8", env });
}

/** Calls a command whose disk fails at drawn calls. @param check looks at what it left */
async function underFaults(
  options: readonly string[],
  { outputDir, attempts, seed }: { outputDir: string; attempts: number; seed: number },
  check: (what: string) => Promise<void>,
): Promise<void> {
  const disk = failingDisk();
  const calls = disk.countCalls(outputDir, (environment) => {
    const { status, stderr } = libbert(options, environment);
    assert.equal(status, 0, stderr);
  });
  assert.ok(calls > 30, `${calls} calls`);
  const draws = new Draws(seed);
  for (let attempt = 0; attempt < attempts; attempt++) {
    rmSync(outputDir, { recursive: true, force: true });
    const fault = { at: 1 + draws.below(calls), kind: FAULT_KINDS[draws.below(FAULT_KINDS.length)]! };
    const what = `${JSON.stringify(fault)} of ${calls}`;
    const { status, signal, stderr } = libbert(options, disk.environment(outputDir, fault));
    if (fault.kind === "kill") assert.equal(signal, "SIGKILL", what);
    else if (status !== 0) assertOneSentence(stderr, outputDir, what);
    await check(what);
  }
}

/** The error is one line that names the folder, and no trace. */
function assertOneSentence(stderr: string, outputDir: string, what: string): void {
  const lines = stderr.trimEnd().split("\n");
  const errors = lines.filter((line) => line.startsWith("libbert: "));
  assert.equal(errors.length, 1, `${what}: ${stderr}`);
  assert.equal(lines.at(-1), errors[0], `${what}: ${stderr}`);
  assert.ok(errors[0]!.includes(outputDir), `${what}: ${stderr}`);
}

/** Names and bytes of all files of a folder. */
function filesOf(directory: string): Map<string, Buffer> {
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name))]),
  );
}

test("prepare that is killed, or whose disk fails, at any call goes on to the same files, bit for bit", {
  skip,
}, async () => {
  const folder = temporaryDirectory();
  const input = writeText(folder, "a.txt", documentsAsText(300));
  const vocab = await saveTokenizer(join(folder, "vocab"));
  const settings = { vocab, validationShare: 0.1, tokensPerShard: 1000 };
  const straight = join(folder, "straight");
  await prepareCorpus({ ...settings, input: [input], outputDir: straight });
  const outputDir = join(folder, "shards");
  const flags = ["--validation-share", "0.1", "--tokens-per-shard", "1000", "--output-dir", outputDir];
  const options = ["prepare", "--input", input, "--vocab", vocab, ...flags];
  await underFaults(options, { outputDir, attempts: tries(1, 400), seed: 1 }, async (what) => {
    await prepareCorpus({ ...settings, input: [input], outputDir });
    assert.deepEqual(filesOf(outputDir), filesOf(straight), what);
  });
});

const course = { steps: 6, snapshotEvery: 2, evaluateEvery: 3, evaluationSequences: 8, keepSnapshots: 1 };

test("pretrain that is killed, or whose disk fails, at any call is resumed to the same bytes", {
  skip,
}, async () => {
  const folder = temporaryDirectory();
  const data = await prepareTinyCorpus(join(folder, "corpus"), { count: 30 });
  const straight = join(folder, "straight");
  const all = { ...tenSteps, ...course, data } as const;
  await run({ ...all, outputDir: straight });
  const outputDir = join(folder, "run");
  const config = writeText(folder, "config.json", JSON.stringify({ ...all, continueFrom: TINY }));
  const options = ["pretrain", "--config", config, "--output-dir", outputDir];
  await underFaults(options, { outputDir, attempts: tries(1, 200), seed: 3 }, async (what) => {
    await run({ ...all, outputDir, resume: true });
    assert.deepEqual(remainsOf(outputDir), remainsOf(straight), what);
  });
});

async function fineTuneUnderFaults(): Promise<void> {
  const folder = temporaryDirectory();
  const train = writeTsv(join(folder, "train.tsv"), rowsOf(40));
  const validation = writeTsv(join(folder, "dev.tsv"), rowsOf(8, 101));
  const all = { ...tinyRun, train, validation, loadBest: true, snapshotEvery: 1, keepSnapshots: 1 };
  const straight = join(folder, "straight");
  await fineTuning.run({ ...all, outputDir: straight });
  const { files: allFiles, ...whole } = fineTuning.remainsOf(straight);
  const outputDir = join(folder, "run");
  const flags = Object.entries({ ...all, outputDir, device: "cpu" }).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : [flag, `${value}`];
  });
  const options = ["fine-tune", ...flags];
  await underFaults(options, { outputDir, attempts: tries(0, 60), seed: 5 }, async (what) => {
    const isOver = existsSync(join(outputDir, "training_report.json")) && !fineTuning.isResumable(outputDir);
    if (!isOver) await fineTuning.run({ ...all, outputDir, resume: true });
    const { files, ...left } = fineTuning.remainsOf(outputDir);
    assert.deepEqual(left, whole, what);
    if (!isOver) assert.deepEqual(files, allFiles, what); // else there may be a lock
  });
}

// test/fine-tuning/resume.test.ts has the short form, without processes.
if (tries(0, 1) === 1) {
  test(
    "fine-tune that is killed, or whose disk fails, at any call is resumed to the same bytes",
    { skip },
    fineTuneUnderFaults,
  );
}

test("a run with a damaged file is refused, naming the folder, or is resumed to the same bytes", async () => {
  const folder = temporaryDirectory();
  const data = await prepareTinyCorpus(join(folder, "corpus"), { count: 30 });
  const all = { ...tenSteps, ...course, keepSnapshots: 2, snapshotEvery: 1, data } as const;
  const straight = join(folder, "straight");
  await run({ ...all, outputDir: straight });
  const { model, training } = remainsOf(straight);

  const interrupted = join(folder, "interrupted");
  const controller = new AbortController();
  const onEvent = (event: { type: string; step?: number }) => {
    if (event.type === "step" && event.step === 4) controller.abort(new Error("enough"));
  };
  await assert.rejects(
    run({ ...all, outputDir: interrupted }, { signal: controller.signal, onEvent }),
    /enough/,
  );
  const files = readdirSync(interrupted, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(interrupted.length + 1));
  assert.equal(files.length, 2 + 2 * 3, String(files));

  const draws = new Draws(1);
  const outputDir = join(folder, "damaged");
  for (let attempt = 0; attempt < tries(8, 2000); attempt++) {
    rmSync(outputDir, { recursive: true, force: true });
    cpSync(interrupted, outputDir, { recursive: true });
    const file = join(outputDir, files[attempt % files.length]!);
    writeFileSync(file, damaged(readFileSync(file), draws));
    const what = `attempt ${attempt}, ${file}`;
    try {
      const { events } = await run(withStoredSettings({ resume: true, outputDir }, 1) as RunOptions);
      const again = remainsOf(outputDir);
      assert.ok(again.model === model && again.training === training, what);
      for (const notice of noticesOf(events)) assert.match(notice, /damaged/, `${what}: ${notice}`);
    } catch (error) {
      if (!(error instanceof LibbertError)) throw error;
      assert.ok(error.message.includes(outputDir), `${what}: ${error.message}`);
    }
  }
});
