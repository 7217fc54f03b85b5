import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runRanks, runRanksInTurn, startRanks } from "../support/ranks.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { type FewRowsCourse, fewRowsCourses } from "./few-rows.js";
import { fineTuneOutcome, type Outcome } from "./fine-tune-outcome.js";
import { rowsOf, tinyRun, writeTsv } from "./support.js";

const RANK = fileURLToPath(new URL("fine-tune-rank.js", import.meta.url));
const IN_TURN = fileURLToPath(new URL("fine-tune-in-turn.js", import.meta.url));
const FEW_ROWS_RANK = fileURLToPath(new URL("few-rows-rank.js", import.meta.url));
const directory = temporaryDirectory();
const paths = { train: join(directory, "train.tsv"), validation: join(directory, "dev.tsv") };
const TEXTS = ["the film was good", "the plot was dull to watch"];

before(() => {
  writeTsv(paths.train, rowsOf(83)); // the last update of an epoch has 3 rows
  writeTsv(paths.validation, rowsOf(31, 200));
});

let runs = 0;
const newOutputDir = () => join(directory, `run-${++runs}`);

/** What each of some runs came to, for each of their processes. */
function outcomes(runs: object[], size: number, texts: unknown[] = TEXTS): Promise<Outcome[][]> {
  const optionsOf = runs.map((options) => () => ({ ...options, texts }));
  return runRanksInTurn(IN_TURN, optionsOf, size);
}

/** As in pre-training: the ranks' sums are rounded in another order. */
const SUMMED_IN_ANOTHER_ORDER = { relative: 1e-5 };

const sixteenRows = { ...tinyRun, ...paths, epochs: 3, learningRate: 1e-3, evaluateEvery: 4 };

test("4 processes with 4 rows each fine-tune as one with 16, and all end with the same model and metrics", async () => {
  const outputDir = newOutputDir();
  const alone = await fineTuneOutcome(sixteenRows, TEXTS);
  const variants = [{}, { shardOptimizer: true, microBatchSize: 2 }, { gradientCheckpointing: true }];
  const ofRanks = variants.map((more) => ({
    ...sixteenRows,
    ...more,
    batchSize: 4,
    outputDir,
    overwrite: true,
  }));
  for (const [index, together] of (await outcomes(ofRanks, 4)).entries()) {
    for (const outcome of together) {
      assertClose(outcome.losses, alone.losses, SUMMED_IN_ANOTHER_ORDER, JSON.stringify(variants[index]));
      assert.equal(outcome.metrics.accuracy, alone.metrics.accuracy);
      assert.equal(outcome.metrics.rows, 31);
      assertClose([outcome.metrics.loss!], [alone.metrics.loss!], { relative: 1e-4 });
      assert.deepEqual(outcome, together[0]);
    }
  }
  assert.ok(existsSync(join(outputDir, "model.safetensors")));
});

test("2 processes that were stopped go on together to the same bits and calibration, and one alone but for rounding", async () => {
  const [straight, stopped, other] = [newOutputDir(), newOutputDir(), newOutputDir()];
  const more = { shardOptimizer: true, loadBest: true, snapshotEvery: 3, calibrate: true };
  const run = { ...sixteenRows, batchSize: 8, ...more };
  const [whole, first, second, together] = await outcomes(
    [
      { ...run, outputDir: straight },
      { ...run, outputDir: stopped, stopAfter: 5 },
      { ...run, outputDir: other, stopAfter: 8 },
      { resume: true, outputDir: stopped },
    ],
    2,
  );
  for (const ended of [...first!, ...second!]) assert.match(JSON.stringify(ended), /enough|asked to stop/);
  assert.deepEqual(together, whole);
  const [{ calibration }, otherRank] = whole! as [Outcome, Outcome];
  assert.deepEqual(otherRank.calibration, calibration);
  const alone = await fineTuneOutcome({ resume: true, outputDir: other }, TEXTS);
  assertClose([alone.calibration!.temperature!], [calibration!.temperature!], { relative: 1e-3 });
  assertClose(alone.losses, whole![0]!.losses, SUMMED_IN_ANOTHER_ORDER);
});

test("entities are told from all ranks' predictions, and perplexity from all ranks' batches: the figures of one process", async () => {
  const words = ["film", "story", "cast", "plot", "scene", "music", "actor"];
  const sentence = (word: string, index: number) =>
    `the\tO\n${word}\tB-THING\nwas\tO\n${index % 2 ? "good" : "bad"}\tO\n\n`;
  const files = { tagged: join(directory, "train.conll"), lines: join(directory, "train.txt") };
  writeFileSync(
    files.tagged,
    Array.from({ length: 42 }, (_, index) => sentence(words[index % 7]!, index)).join(""),
  );
  writeFileSync(
    files.lines,
    rowsOf(160)
      .map(({ text }) => `${text}\n`)
      .join(""),
  );
  const { evaluateEvery: _, ...options } = { ...sixteenRows, epochs: 1 };
  const runs = [
    { task: "token-classification", train: files.tagged, validation: files.tagged, epochs: 3 },
    { task: "masked-words", train: files.lines, validation: files.lines },
  ].map((run) => ({ ...options, ...run }));
  const texts = ["the film was [MASK]"]; // words to the one, and a mask to the other
  const ended = await outcomes(
    runs.map((run) => ({ ...run, batchSize: 8 })),
    2,
    texts,
  );
  for (const [index, run] of runs.entries()) {
    const alone = await fineTuneOutcome(run, texts);
    for (const { losses, metrics } of ended[index]!) {
      assertClose(losses, alone.losses, SUMMED_IN_ANOTHER_ORDER, run.task);
      assertClose(numbersOf(metrics), numbersOf(alone.metrics), { relative: 1e-4 }, run.task);
      for (const count of ["f1", "entities", "maskedWords"])
        assert.equal(metrics[count], alone.metrics[count], `${run.task}: ${count}`);
    }
  }
});

test("two processes with one row, also to evaluate on, learn what one process does for every task that a row is enough for", async () => {
  const [alone, ended] = await Promise.all([
    fewRowsCourses(2),
    runRanks(FEW_ROWS_RANK, () => [], { size: 2 }),
  ]);
  assert.equal(alone.length, 7);
  for (const { code, stdout, stderr } of ended) {
    assert.equal(code, 0, stderr);
    for (const [index, { task, losses, metrics }] of (JSON.parse(stdout) as FewRowsCourse[]).entries()) {
      assertClose(losses, alone[index]!.losses, SUMMED_IN_ANOTHER_ORDER, task);
      assertClose(numbersOf(metrics), numbersOf(alone[index]!.metrics), { relative: 1e-4 }, task);
    }
  }
});

/** The figures that are numbers, in the order of their names. */
function numbersOf(metrics: Record<string, unknown>): number[] {
  const names = Object.keys(metrics).sort();
  return names.map((name) => metrics[name]).filter((value) => typeof value === "number");
}

test("ranks with other rows, or that would divide, sum or evaluate in different ways are refused, on all, naming it", async () => {
  const { validation: _, evaluateEvery: _every, ...unvalidated } = sixteenRows;
  const [first, ...others] = rowsOf(83);
  const fewer = writeTsv(join(directory, "fewer.tsv"), rowsOf(70));
  const relabelled = writeTsv(join(directory, "relabelled.tsv"), [
    { ...first!, label: "negative" },
    ...others,
  ]);
  const rowsSaid = (rows: number) => `"83 rows, [^"]+" on rank 0 and "${rows} rows, [^"]+" on rank 1`;
  const cases: [name: string, options: object, ofRank1: object, received?: string][] = [
    ["training rows", sixteenRows, { train: fewer }, rowsSaid(70)],
    ["training rows", sixteenRows, { train: relabelled }, rowsSaid(83)],
    ["shardOptimizer", sixteenRows, { shardOptimizer: true }],
    ["reduceDtype", sixteenRows, { reduceDtype: "bfloat16" }],
    ["validation", unvalidated, { validation: paths.validation }],
    ["validation rows", sixteenRows, { validation: paths.train }],
    ["maxSeqLength", sixteenRows, { maxSeqLength: 16 }],
    ["metric", sixteenRows, { metric: "loss" }],
  ];
  const runs = cases.map(([, options, ofRank1]) => (rank: number) => ({
    ...options,
    ...(rank === 1 && ofRank1),
    texts: TEXTS,
  }));
  const ended = await runRanksInTurn<{ message: string }>(IN_TURN, runs, 2);
  for (const [index, [name, , , received = ""]] of cases.entries()) {
    const said = new RegExp(`Expected the same ${name} on all ranks but received ${received}`);
    for (const { message } of ended[index]!) assert.match(message, said);
  }
});

test("ranks go on together where one is given what the other has by default, and choose the same by a budget", async () => {
  const { seed: _, ...given } = { ...sixteenRows, epochs: 1 };
  const labels = ["negative", "positive"];
  const defaults = { seed: 1, encoder: "fine-tuned", loadBest: false, metric: "accuracy", labels };
  const { epochs: _e, batchSize: _b, ...open } = sixteenRows;
  const runs = [
    (rank: number) => (rank === 0 ? given : { ...given, ...defaults }),
    () => ({ ...open, budget: "3 updates" }),
    () => ({ ...open, budget: "100 rows" }),
  ].map((optionsOf) => (rank: number) => ({ ...optionsOf(rank), texts: TEXTS }));
  const ended = await runRanksInTurn<Outcome>(IN_TURN, runs, 2);
  for (const [first, second] of ended) assert.deepEqual(second, first);
  const [byDefault, ofUpdates, ofRows] = ended.map(([first]) => first!);
  assert.equal(byDefault!.steps, 3);
  assert.equal(ofUpdates!.steps, 3);
  assert.deepEqual(ofUpdates!.budget!.chosen, { batchSize: 32, epochs: 1.5 }); // of 2 updates of 64 rows
  assert.equal(ofRows!.steps, 3);
  assert.equal(ofRows!.budget!.chosen.batchSize, 16); // on each rank
});

test("after a divergence no rank ends before rank 0 has saved the last good weights", async () => {
  const outputDir = newOutputDir();
  const options = { ...sixteenRows, learningRate: 1e30, outputDir, rankTimeout: 60 };
  const processes = await startRanks(RANK, () => [JSON.stringify(options), JSON.stringify(TEXTS)], {
    size: 2,
    environment: (rank) => (rank === 0 ? { NODE_OPTIONS: `--import ${SLOW_DISK}` } : {}),
  });
  const { stderr } = await processes[1]!.ended;
  assert.ok(existsSync(join(outputDir, "config.json")), "it comes last");
  assert.match(stderr, /The loss became NaN/);
  assert.match((await processes[0]!.ended).stderr, /The loss became NaN .*They are in /);
});

/** A module that makes every renaming take a third of a second: a model's files appear by it. */
const SLOW_DISK = `data:text/javascript,${encodeURIComponent(`
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const { renameSync } = fs;
  fs.renameSync = (...paths) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    renameSync(...paths);
  };
  syncBuiltinESMExports();
`)}`;
