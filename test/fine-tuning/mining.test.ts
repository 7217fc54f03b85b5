import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { FineTuneState } from "../../lib/fine-tuning/run-state.js";
import { loadModel, type MiningOptions } from "../../lib/index.js";
import { modelOfVectors } from "../session/rankings.js";
import { failureOf, rowsOf, tinyRun } from "../session/support.js";
import { noticesOf, remainsOf, resumed, run, type SomeOptions } from "../support/fine-tuning-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const folder = temporaryDirectory();
let runs = 0;
const newOutputDir = () => join(folder, `run-${++runs}`);

const pairs = rowsOf(24).map(({ text }) => ({ anchor: text, positive: text.replace("the ", "a ") }));

/** Three updates in each epoch, the first of which are the same however many there are. */
const base = {
  ...{ ...tinyRun, task: "embedding", model: modelOfVectors(), train: pairs, batchSize: 8, epochs: 2 },
  ...{ schedule: "constant", warmupRatio: 0, snapshotEvery: 2, keepSnapshots: 9 },
} as const;

const made = async (options: object) => run({ ...base, outputDir: newOutputDir(), ...options });
const lossesOf = async (options: object) =>
  (await made(options)).result.history.steps.map(({ loss }) => loss);

/** A run that is aborted as it tells of an update, and what it leaves. */
async function stoppedAt(step: number, options: object) {
  const outputDir = newOutputDir();
  const controller = new AbortController();
  const reason = new Error("enough");
  const stop = (event: { type: string; step?: number }) => {
    if (event.type === "step" && event.step === step) controller.abort(reason);
  };
  const given: SomeOptions = { ...base, ...options, outputDir };
  await assert.rejects(run(given, stop as never, controller.signal), reason);
  return outputDir;
}

/** What the newest snapshot says was mined. */
function minedIn(outputDir: string) {
  const names = readdirSync(join(outputDir, "snapshots")).filter((name) => name.startsWith("step-"));
  const state = readFileSync(join(outputDir, "snapshots", names.sort().at(-1)!, "state.json"), "utf8");
  return (JSON.parse(state) as FineTuneState).course.mined!;
}

/** The rows of an epoch, of which the snapshot has the numbers of the negatives. */
function rowsWith({ found }: ReturnType<typeof minedIn>) {
  const numNegatives = found.length / pairs.length;
  return pairs.map((pair, anchor) => ({
    ...pair,
    negatives: found
      .slice(anchor * numNegatives, (anchor + 1) * numNegatives)
      .map((document) => pairs[document]!.positive),
  }));
}

/** The rows that a model's own negatives make. */
async function rowsMinedBy(model: string, options: MiningOptions) {
  await using loaded = await loadModel(model, { task: "features", dtype: "float32" });
  const { rows, missing } = await loaded.mineNegatives(pairs, options);
  assert.equal(missing, 0);
  return pairs.map(({ anchor, positive }) => ({
    ...{ anchor, positive },
    negatives: rows.filter((row) => row.anchor === anchor).map(({ negative }) => negative),
  }));
}

for (const choices of [
  { numNegatives: 2, rangeMin: 1 },
  { numNegatives: 3, samplingStrategy: "random", rangeMax: 12 },
] as const) {
  const what = JSON.stringify(choices);
  test(`each epoch has the negatives that mineNegatives() finds with the weights that it begins with: ${what}`, async () => {
    const first = await rowsMinedBy(base.model, { ...choices, seed: base.seed });
    const explicit = await lossesOf({ train: first, epochs: 1 });
    const outputDir = newOutputDir();
    assert.deepEqual(await lossesOf({ ...choices, epochs: 1, outputDir }), explicit);

    const stopped = await stoppedAt(4, choices);
    const mined = minedIn(stopped);
    assert.equal(mined.epoch, 1);
    const second = await rowsMinedBy(outputDir, { ...choices, seed: base.seed + 1 });
    assert.deepEqual(rowsWith(mined), second);
    assert.notDeepEqual(second, first);

    const whole = newOutputDir();
    await made({ ...choices, outputDir: whole });
    await resumed(stopped, { train: pairs });
    assert.deepEqual(remainsOf(stopped), remainsOf(whole), "resumed in the middle of the second epoch");

    const early = await stoppedAt(3, choices);
    assert.equal(minedIn(early).epoch, 0, "stopped while it mines for the second epoch");
    await resumed(early, { train: pairs });
    assert.deepEqual(remainsOf(early), remainsOf(whole));
  });
}

test("texts that are read in windows are mined, and trained on, with all of their windows", async () => {
  const windows = { longTexts: "mean", maxSeqLength: 8, epochs: 1 };
  const outputDir = await stoppedAt(2, { ...windows, numNegatives: 2 });
  const explicit = await lossesOf({ ...windows, train: rowsWith(minedIn(outputDir)) });
  assert.deepEqual(await lossesOf({ ...windows, numNegatives: 2 }), explicit);
});

test("where too few candidates are left, it is told", async () => {
  const documents = pairs.slice(0, 2).map(({ positive }) => positive);
  const train = pairs.map(({ anchor }, row) => ({ anchor, positive: documents[row % 2] }));
  const { result, events } = await made({ train, numNegatives: 3 });
  assert.deepEqual(noticesOf(events), [
    "epoch 1: 48 of 72 negatives are missing, as too few candidates were left",
    "epoch 2: 48 of 72 negatives are missing, as too few candidates were left",
  ]);
  for (const { loss } of result.history.steps) assert.ok(loss > 0);
  assert.deepEqual(await lossesOf({ loss: "triplet", numNegatives: 1, maxScore: -2, epochs: 1 }), [0, 0, 0]);
});

for (const [what, options, message] of [
  [
    "a choice without a number",
    { rangeMin: 3 },
    /^Expected no value without numNegatives, which mines them, for rangeMin but received 3$/,
  ],
  [
    "rows with negatives",
    { numNegatives: 2, train: pairs.map((pair) => ({ ...pair, negative: "a film" })) },
    /^Expected no value for rows with scores or negatives for numNegatives but received 2$/,
  ],
  [
    "rows with scores",
    { numNegatives: 2, train: pairs.map((pair) => ({ ...pair, score: 1 })) },
    /^Expected no value for rows with scores or negatives for numNegatives but received 2$/,
  ],
  [
    "a loss without negatives",
    { numNegatives: 2, loss: "cosent" },
    /^Expected a loss for rows without scores for loss but received "cosent"$/,
  ],
  [
    "triplets with more than one",
    { numNegatives: 2, loss: "triplet" },
    /^Expected another loss for rows without one negative each for loss but received "triplet"$/,
  ],
  [
    "a teacher",
    { numNegatives: 2, teacher: base.model },
    /^Expected no value beside a teacher, which answers before the first update, for numNegatives but received 2$/,
  ],
  [
    "a range with too few in it",
    { numNegatives: 2, rangeMin: 3, rangeMax: 4 },
    /^Expected at least 5, rangeMin and numNegatives together, for rangeMax but received 4$/,
  ],
] as const) {
  test(`${what}: refused`, async () => {
    const { code, message: told } = await failureOf(made(options));
    assert.equal(code, "ERR_OPTION");
    assert.match(told, message);
  });
}
