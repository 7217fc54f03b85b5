import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { logLines, prepareTinyCorpus, run, snapshotNames, TINY } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { ended, libbert, startLibbert } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const directory = temporaryDirectory();
let data: string;
let flags: string[];

before(async () => {
  data = await prepareTinyCorpus(join(directory, "shards"));
  flags = [
    "pretrain",
    "--data",
    data,
    "--continue-from",
    TINY,
    "--batch-size",
    "8",
    "--max-seq-length",
    "32",
  ];
  flags.push("--dtype", "float32");
});

let runs = 0;
function newOutputDir(): string {
  return join(directory, `run-${++runs}`);
}

test("pretrain --json: one object on standard output, the course on standard error", () => {
  const outputDir = newOutputDir();
  const settings = ["--steps", "6", "--log-every", "3", "--snapshot-every", "4", "--output-dir", outputDir];
  const { status, stdout, stderr } = libbert([...flags, ...settings, "--seed", "7", "--json"]);
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  const { metrics, trainLoss, tokensPerSecond, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, { steps: 6, outputDir });
  assert.deepEqual(Object.keys(metrics).sort(), [
    "mlmAccuracy",
    "nspAccuracy",
    "perplexity",
    "randomPairShare",
    "sequences",
  ]);
  assert.ok(tokensPerSecond > 0);
  const log = logLines(outputDir);
  assert.equal(trainLoss, log.filter(({ type }) => type === "step").at(-1).loss);

  assert.ok(!stderr.includes("\x1b"), "no terminal, no control sequences");
  for (const line of [
    /^Pre-training \d+ parameters on \d+ documents, \d+ tokens: steps 1 to 6$/m,
    /^Computing on \S+, float32 as asked/m, // on a machine without a GPU, also why not there
    /^Step 3\/6: loss \d\.\d{4} \(words \d\.\d{4}, pairs \d\.\d{4}\) {2}lr \S+ {2}\d+ tokens\/s {2}\d+:\d\d left$/m,
    /^Snapshot of step 4 written$/m,
    /^Step 6\/6: loss .* 0:00 left$/m,
    /^Evaluation after step 6: mlmAccuracy \S+, nspAccuracy \S+, randomPairShare \S+, perplexity \S+, sequences \d+$/m,
    new RegExp(`^Saved in ${outputDir}$`, "m"),
  ])
    assert.match(stderr, line);
});

test("without --json the figures are for people, also where there is nothing to validate on", async () => {
  const unsplit = await prepareTinyCorpus(join(directory, "unsplit"), { validationShare: 0 });
  const settings = ["--steps", "2", "--output-dir", newOutputDir()];
  const ofUnsplit = flags.map((flag) => (flag === data ? unsplit : flag));
  const { status, stdout, stderr } = await libbertInProcess([...ofUnsplit, ...settings]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^trainLoss +\d\.\d{4}$/m);
  assert.match(stdout, /^steps +2$/m);
  assert.doesNotMatch(stdout, /mlmAccuracy/);
});

test("a configuration file has phases, and flags win over it", async () => {
  const outputDir = newOutputDir();
  const config = join(directory, "run.json");
  const phases = [
    { steps: 2, maxSeqLength: 16, batchSize: 8 },
    { steps: 2, maxSeqLength: 32, batchSize: 4 },
  ];
  const settings = {
    data,
    continueFrom: TINY,
    phases,
    outputDir: "elsewhere",
    dtype: "float32",
    logEvery: 1,
  };
  writeFileSync(config, JSON.stringify(settings));
  const { status, stderr } = await libbertInProcess([
    "pretrain",
    "--config",
    config,
    "--output-dir",
    outputDir,
  ]);
  assert.equal(status, 0, stderr);
  const lines = logLines(outputDir).filter(({ type }) => type === "step");
  assert.deepEqual(
    lines.map(({ phase }) => phase),
    [1, 1, 2, 2],
  );
});

const course = { steps: 150, logEvery: 1, learningRate: 1e-3 };
const courseFlags = ["--steps", "150", "--log-every", "1", "--learning-rate", "1e-3"];

/** Starts a run, sends it the signal after some steps and checks how it ends. Returns the last step that it made. */
async function interrupt(outputDir: string, signal: NodeJS.Signals, exitCode: number): Promise<number> {
  const child = startLibbert([...flags, ...courseFlags, "--output-dir", outputDir]);
  child.stderr.on("data", (text) => {
    if (String(text).includes("Step 20/")) child.kill(signal);
  });
  const { code, stderr } = await ended(child);
  assert.equal(code, exitCode, stderr);
  const lastStep: number = logLines(outputDir).at(-1).step;
  assert.ok(lastStep < 150);
  assert.deepEqual(
    snapshotNames(outputDir).map((name) => Number(name.slice(5))),
    [lastStep],
  );
  assert.match(stderr, new RegExp(`^Snapshot of step ${lastStep} written$`, "m"));
  assert.deepEqual(readdirSync(outputDir).sort(), ["log.jsonl", "settings.json", "snapshots"]);
  assert.match(stderr, new RegExp(`^libbert: Interrupted by ${signal}; .*resume`, "m"));
  return lastStep;
}

for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGUSR1", 75],
] as const) {
  test(`${signal} ends with exit code ${exitCode} and a snapshot, and says how to go on`, async () => {
    await interrupt(newOutputDir(), signal, exitCode);
  });
}

test("SIGTERM ends with exit code 75 and a snapshot, from which --resume leads to the bytes of an undisturbed run", async () => {
  const outputDir = newOutputDir();
  const lastStep = await interrupt(outputDir, "SIGTERM", 75);
  const resumed = await libbertInProcess(["pretrain", "--output-dir", outputDir, "--resume"]);
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.match(resumed.stderr, new RegExp(`steps ${lastStep + 1} to 150$`, "m"));
  const undisturbed = newOutputDir();
  const settings = { data, continueFrom: TINY, batchSize: 8, maxSeqLength: 32, dtype: "float32" } as const;
  await run({ ...settings, ...course, outputDir: undisturbed });
  const model = (directory: string) => readFileSync(join(directory, "model.safetensors"));
  assert.ok(model(outputDir).equals(model(undisturbed)));
  assert.deepEqual(logLines(outputDir), logLines(undisturbed));
});

test("bad calls end with exit code 2 and one sentence that names the flag", async () => {
  const outputDir = newOutputDir();
  for (const [settings, message] of [
    [["--steps", "5"], /^libbert: Expected --output-dir <dir>: where snapshots, the log and the model go\n$/],
    [["--output-dir", outputDir], /for --steps but it is not given\n$/],
    [
      ["--output-dir", outputDir, "--steps", "5", "--max-seq-length", "100"],
      /for --max-seq-length but received 100\n$/,
    ],
    [
      ["--output-dir", outputDir, "--steps", "5", "--mask-split", "1/2/3"],
      /for --mask-split but received "1\/2\/3"\n$/,
    ],
    [["--output-dir", outputDir, "--step", "5"], /unknown option '--step'/],
  ] as [string[], RegExp][]) {
    const isGiven = (flag: string | undefined) => settings.includes(flag!); // a flag may come once
    const others = flags.filter((flag, index) => !isGiven(flag) && !isGiven(flags[index - 1]));
    const { status, stdout, stderr } = await libbertInProcess([...others, ...settings]);
    assert.match(stderr, message);
    assert.equal(status, 2);
    assert.equal(stdout, "");
  }
});

test("a run that is there is to be resumed; with another setting that ends with exit code 2 and names its flag", async () => {
  const settings = ["--steps", "2", "--snapshot-every", "1", "--output-dir", newOutputDir()];
  assert.equal((await libbertInProcess([...flags, ...settings])).status, 0);
  const again = await libbertInProcess([...flags, ...settings]);
  assert.match(again.stderr, /which holds a run; --resume goes on with it, --overwrite begins anew\n$/);
  assert.equal(again.status, 2);
  assert.match(
    (await libbertInProcess([...flags, ...settings, "--resume"])).stderr,
    /: all 2 steps are made$/m,
  );
  const { status, stderr } = await libbertInProcess([
    ...flags,
    ...settings,
    "--resume",
    "--learning-rate",
    "0.5",
  ]);
  assert.equal(status, 2);
  assert.equal(
    stderr,
    "libbert: Expected 0.0001, as in the run to resume, for --learning-rate but received 0.5; " +
      "--change-schedule allows it\n",
  );
});

test("a run that diverges ends with exit code 1 and the flags that go on from before", async () => {
  const settings = ["--warmup-ratio", "0", "--snapshot-every", "2"];
  const phases = [{ steps: 2 }, { steps: 2, learningRate: 1e30 }];
  const config = join(directory, "diverging.json");
  writeFileSync(config, JSON.stringify({ phases }));
  const { status, stderr } = await libbertInProcess([
    ...flags,
    ...settings,
    "--config",
    config,
    "--output-dir",
    newOutputDir(),
  ]);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /; --resume with --change-schedule goes on from the snapshot of step 2, from before\n$/,
  );
});
