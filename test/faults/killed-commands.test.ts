import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import fc from "fast-check";
import { packageRoot } from "../../lib/runtime/paths.js";
import { rowsOf, TINY, writeTsv } from "../session/support.js";
import { prepareTinyCorpus } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failingDisk, whyNoFailingDisk } from "./failing-disk.js";
import { tries } from "./tries.js";

const MAIN = join(packageRoot, "dist/lib/cli/main.js");
const SAVE_OVER = join(packageRoot, "dist/test/faults/save-over.js");
const skip = whyNoFailingDisk();
const directory = temporaryDirectory();
/** What the commands read. */
const inputs = (name: string) => join(directory, name);

before(async () => {
  if (skip !== undefined) return;
  writeTsv(inputs("train.tsv"), rowsOf(32));
  writeTsv(inputs("dev.tsv"), rowsOf(8, 101));
  writeFileSync(
    inputs("text.txt"),
    rowsOf(64)
      .map(({ text }) => `${text}.\n\n`)
      .join(""),
  );
  if (tries(0, 1) === 0) return; // only the long form pre-trains
  const data = await prepareTinyCorpus(inputs("shards"));
  const base = {
    data,
    size: "tiny",
    steps: 3,
    batchSize: 4,
    maxSeqLength: 32,
    logEvery: 1,
    snapshotEvery: 1,
  };
  writeFileSync(
    inputs("ablation.json"),
    JSON.stringify({ base, variants: { one: {}, two: { maskRate: 0.3 } } }),
  );
});

interface Written {
  /** The command's words; it writes below the folder alone. */
  words(folder: string): string[];
  /** Files that are the same after every undisturbed run. */
  same: RegExp;
}

const tuning = [
  "--task",
  "classification",
  "--model",
  TINY,
  "--train",
  inputs("train.tsv"),
  "--device",
  "cpu",
];
const pretraining = ["--data", inputs("shards"), "--size", "tiny", "--steps", "4", "--batch-size", "4"];
const MODEL = /^(model\.safetensors|config\.json|tokenizer\.json)$/;

const COMMANDS: Record<string, Written> = {
  vocab: {
    words: (folder) => ["vocab", "--input", inputs("text.txt"), "--size", "60", "--output-dir", folder],
    same: /./,
  },
  "fine-tune": {
    words: (folder) => ["fine-tune", ...tuning, "--epochs", "1", "--output-dir", folder],
    same: MODEL,
  },
  "fine-tune --resume": {
    words: (folder) => [
      ...["fine-tune", ...tuning, "--validation", inputs("dev.tsv"), "--load-best", "--epochs", "3"],
      ...["--batch-size", "16", "--snapshot-every", "1", "--resume", "--output-dir", folder],
    ],
    same: MODEL,
  },
  "fine-tune --seeds --resume": {
    words: (folder) => [
      ...["fine-tune", ...tuning, "--validation", inputs("dev.tsv"), "--seeds", "1,2,3", "--epochs", "1"],
      ...["--batch-size", "16", "--snapshot-every", "1", "--resume", "--output-dir", folder],
    ],
    same: MODEL,
  },
  save: { words: (folder) => [TINY, folder], same: MODEL },
  predict: {
    words: (folder) => [
      "predict",
      "--model",
      TINY,
      "--input",
      inputs("text.txt"),
      "--output",
      join(folder, "out.tsv"),
    ],
    same: /^out\.tsv$/,
  },
  "find-lr": {
    words: (folder) => ["find-lr", ...tuning, "--updates", "20", "--output", join(folder, "curve.csv")],
    same: /^curve\.csv$/,
  },
  search: {
    words: (folder) => [
      ...["search", ...tuning, "--validation", inputs("dev.tsv"), "--output-dir", folder],
      ...["--batch-size", "16", "--epochs", "1", "--learning-rate", "1e-3,5e-3", "--snapshot-every", "1"],
    ],
    same: /^(results\.json|table\.md|best\/(model\.safetensors|config\.json|trial\.json))$/,
  },
  prepare: {
    words: (folder) => [
      ...["prepare", "--input", inputs("text.txt"), "--vocab", TINY, "--format", "sentences"],
      ...["--tokens-per-shard", "10000", "--output-dir", folder],
    ],
    same: /safetensors$|^tokenizer\.json$/,
  },
  pretrain: {
    words: (folder) => [
      ...["pretrain", ...pretraining, "--max-seq-length", "32", "--learning-rate", "1e-3"],
      ...["--snapshot-every", "1", "--log-every", "1", "--resume", "--output-dir", folder],
    ],
    same: MODEL,
  },
  ablate: {
    words: (folder) => ["ablate", "--config", inputs("ablation.json"), "--output-dir", folder],
    same: /^(results\.json|table\.md)$/,
  },
};

function run(name: string, folder: string, environment: Record<string, string> = {}) {
  const words = COMMANDS[name]!.words(folder);
  const env = { ...process.env, OMP_NUM_THREADS: "1", ...environment };
  return spawnSync(process.execPath, [name === "save" ? SAVE_OVER : MAIN, ...words], {
    encoding: "utf8",
    env,
  });
}

/** Hashes of the files of a folder that every run leaves alike. */
function remainsOf(name: string, folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => COMMANDS[name]!.same.test(file) && statSync(join(folder, file)).isFile(),
  );
  const hash = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
  return Object.fromEntries(files.sort().map((file) => [file, hash(file)]));
}

for (const name of tries(0, 1) === 0 ? ["vocab"] : Object.keys(COMMANDS)) {
  test(`${name}, killed at any call to the disk: the same command again comes to what it comes to undisturbed`, {
    skip,
  }, () => {
    const disk = failingDisk();
    const folder = join(directory, `of-${name}`);
    const renew = () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
    };
    renew();
    const calls = disk.countCalls(folder, (environment) => {
      const { status, stderr } = run(name, folder, environment);
      assert.equal(status, 0, stderr);
    });
    const undisturbed = remainsOf(name, folder);
    assert.ok(Object.keys(undisturbed).length > 0);
    let kills = 0;
    const attempts = tries(1, 25);
    for (const at of fc.sample(fc.integer({ min: 1, max: calls }), attempts)) {
      renew();
      const killed = run(name, folder, disk.environment(folder, { at, kind: "kill" }));
      // Locks are renewed by the clock: a faster run makes fewer calls, and may end before this one.
      if (killed.status === 0) continue;
      assert.equal(killed.signal, "SIGKILL", killed.stderr);
      kills++;
      const again = run(name, folder);
      // All was there before it was killed.
      const wasDone = again.status === 2 && /which holds files|whose run is over/.test(again.stderr);
      assert.ok(again.status === 0 || wasDone, `call ${at} of ${calls}: ${again.stderr}`);
      assert.deepEqual(remainsOf(name, folder), undisturbed, `call ${at} of ${calls}`);
      if (again.status === 0) assert.ok(!existsSync(join(folder, ".lock")));
    }
    assert.ok(kills >= 0.8 * attempts, `${kills} of ${attempts} were killed`);
  });
}
