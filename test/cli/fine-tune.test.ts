import "../support/one-thread.js";

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { loadModel } from "../../lib/index.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { ended, labelledTexts, libbert, startLibbert, TINY_MODEL, writeTsv } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const FINE_TUNE = ["fine-tune", "--task", "classification", "--model", TINY_MODEL, "--max-seq-length", "64"];

test("fine-tune and evaluate with --json: one object on standard output, the course on standard error", async (t) => {
  const folder = temporaryFolder(t);
  const train = writeTsv(folder, "train.tsv", labelledTexts(60));
  const dev = writeTsv(folder, "dev.tsv", labelledTexts(24));
  const outputDir = join(folder, "model");
  const files = ["--train", train, "--validation", dev, "--output-dir", outputDir];
  const settings = ["--limit", "48", "--epochs", "2", "--batch-size", "16", "--labels", "positive,neutral"];
  const run = libbert([...FINE_TUNE, ...files, ...settings, "--labels", "negative", "--json"]);
  assert.equal(run.status, 0, run.stderr);

  const { metrics, ...course } = JSON.parse(run.stdout);
  assert.equal(run.stdout.trimEnd().split("\n").length, 1);
  const names = ["outputDir", "sequencesPerSecond", "steps", "tokensPerSecond", "trainLoss"];
  assert.deepEqual(
    Object.keys(course).sort(),
    ["bestStep", "metric", ...names, "seed", "stoppedEarly"].sort(),
  );
  assert.equal(course.steps, 6); // 2 epochs of 48 / 16
  assert.equal(course.outputDir, outputDir);
  assert.ok(course.sequencesPerSecond > 0 && course.tokensPerSecond > course.sequencesPerSecond);

  assert.ok(!run.stderr.includes("\x1b"), "no terminal, no control sequences");
  assert.match(
    run.stderr,
    /^Training on 48 rows with 3 labels \(positive, neutral, negative\): 6 updates in 2 epochs$/m,
  );
  assert.match(run.stderr, /^Computing on cpu, (float32|bfloat16)/m);
  assert.match(run.stderr, /^Step 6\/6, epoch 2: loss \d\.\d{4} {2}lr \S+ {2}\S+ seq\/s {2}0:00 left$/m);
  const figures = ["accuracy", "macroF1", "matthewsCorrelation", "loss"].map(
    (name) => `${name} -?\\d[.\\d]*`,
  );
  assert.match(
    run.stderr,
    new RegExp(`^Evaluation after step 3 \\(epoch 1\\) on 24 rows: ${figures.join(", ")}$`, "m"),
  );
  assert.match(run.stderr, /^Evaluation after step 6 \(epoch 2\) on 24 rows: accuracy /m);
  assert.match(run.stderr, new RegExp(`^Saved in ${outputDir}$`, "m"));

  await using model = await loadModel(outputDir, { task: "classification" });
  const evaluated = libbert(["evaluate", "--model", outputDir, "--data", dev, "--json"]);
  assert.equal(evaluated.status, 0, evaluated.stderr);
  assert.deepEqual(JSON.parse(evaluated.stdout), { metrics: await model.evaluate(dev) });
  assert.equal(JSON.parse(evaluated.stdout).metrics.accuracy, metrics.accuracy);
});

test("without --json, validation rows and output directory: figures for people, and that nothing is saved", async (t) => {
  const folder = temporaryFolder(t);
  const rows = [...labelledTexts(9), { text: "good ".repeat(100), label: "positive" }];
  const { status, stdout, stderr } = await libbertInProcess([
    ...FINE_TUNE,
    "--train",
    writeTsv(folder, "train.tsv", rows),
  ]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^trainLoss +\d\.\d{4}$/m);
  assert.match(stdout, /^steps +3$/m);
  assert.match(stdout, /^outputDir +none$/m);
  assert.match(stderr, /^Note: without --output-dir, nothing will be saved$/m);
  assert.match(stderr, /^Note: .*cut to 64 tokens/m);
});

test("bad data ends with exit code 1 and one sentence that names the location", async (t) => {
  const folder = temporaryFolder(t);
  const missing = await libbertInProcess([
    ...FINE_TUNE,
    "--train",
    join(folder, "missing.tsv"),
    "--output-dir",
    join(folder, "model"),
  ]);
  assert.match(
    missing.stderr,
    /^libbert: \S+missing\.tsv: Expected a readable file but received ENOENT.*\n$/,
  );
  assert.equal(missing.status, 1);

  const unknown = writeTsv(folder, "unknown.tsv", [...labelledTexts(3), { text: "odd", label: "mixed" }]);
  const evaluated = await libbertInProcess(["evaluate", "--model", TINY_MODEL, "--data", unknown, "--json"]);
  assert.match(
    evaluated.stderr,
    /^libbert: \S+unknown\.tsv, line 5: Expected one of the labels .* received "mixed"\n$/,
  );
  assert.equal(evaluated.stdout, "");
  assert.equal(evaluated.status, 1);
});

for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} stops the run at once, with exit code ${exitCode} and nothing written`, async (t) => {
    const folder = temporaryFolder(t);
    const train = writeTsv(folder, "train.tsv", labelledTexts(96));
    const outputDir = join(folder, "model");
    const files = ["--train", train, "--output-dir", outputDir];
    const run = startLibbert([...FINE_TUNE, ...files, "--epochs", "1000000"]); // would take hours
    const end = ended(run);
    await once(run.stderr, "data"); // training has begun
    await sleep(100);
    const start = performance.now();
    run.kill(signal);
    const { code, stderr } = await end;
    assert.equal(code, exitCode, stderr);
    assert.equal(stderr.trimEnd().split("\n").at(-1), `libbert: Interrupted by ${signal}; nothing was saved`);
    // An update takes milliseconds, unloading LibTorch some tenths of a second; the rest is for a busy machine.
    assert.ok(performance.now() - start < 5000);
    assert.deepEqual(existsSync(outputDir) ? readdirSync(outputDir) : [], []);
  });
}

test("SIGTERM leaves a snapshot where there was one, exit code 75, and says how to go on; that needs the folder alone", async (t) => {
  const folder = temporaryFolder(t);
  const outputDir = join(folder, "model");
  const train = writeTsv(folder, "train.tsv", labelledTexts(24));
  const flags = ["--train", train, "--epochs", "400", "--snapshot-every", "2", "--output-dir", outputDir];
  const run = startLibbert([...FINE_TUNE, ...flags]);
  run.stderr.on("data", (text) => {
    if (String(text).includes("Snapshot of step 6 written")) run.kill("SIGTERM");
  });
  const { code, stderr } = await ended(run);
  assert.equal(code, 75, stderr);
  const wayOn = `--resume --output-dir ${outputDir} goes on from the last snapshot`;
  assert.equal(stderr.trimEnd().split("\n").at(-1), `libbert: Interrupted by SIGTERM; ${wayOn}`);

  const again = await libbertInProcess([...FINE_TUNE, ...flags]);
  assert.equal(again.status, 2);
  assert.match(again.stderr, /which holds a run; --resume goes on with it, --overwrite begins anew\n$/);
  const resume = ["fine-tune", "--resume", "--output-dir", outputDir, "--snapshot-every", "1000"];
  const shorter = await libbertInProcess([...resume, "--epochs", "20"]);
  assert.equal(shorter.status, 2);
  assert.match(
    shorter.stderr,
    /, as in the run to resume, for --epochs but received 20; --change-schedule allows it\n$/,
  );
  const resumed = await libbertInProcess([...resume, "--epochs", "20", "--change-schedule", "--json"]);
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.match(resumed.stderr, /: 20 updates in 20 epochs, of which \d+ are made$/m);
  assert.equal(JSON.parse(resumed.stdout).steps, 20);
  const over = await libbertInProcess(resume);
  assert.match(
    over.stderr,
    /^libbert: Expected the directory of a run to go on with for --output-dir but received .*, whose run is over; /,
  );
});
