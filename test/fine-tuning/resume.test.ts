import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { tries } from "../faults/tries.js";
import { listsOf, modelOfVectors } from "../session/rankings.js";
import { rowsOf, TINY, tinyRun, writeTsv } from "../session/support.js";
import {
  isResumable,
  killedRun,
  type MadeRun,
  noticesOf,
  remainsOf,
  resumed,
  run,
} from "../support/fine-tuning-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
let runs = 0;
const newOutputDir = () => join(directory, `run-${++runs}`);

const files = { train: join(directory, "train.tsv"), validation: join(directory, "dev.tsv") };
writeTsv(files.train, rowsOf(45));
writeTsv(files.validation, rowsOf(12, 200));

/** Eight updates in two epochs, the last of each smaller, with an evaluation in their middle. */
const eight = {
  ...tinyRun,
  ...files,
  batchSize: 12,
  microBatchSize: 5,
  groupByLength: true,
  epochs: 2,
  evaluateEvery: 3,
  loadBest: true,
  snapshotEvery: 2,
  keepSnapshots: 1,
};
const twoSeeds = { ...eight, epochs: 1, seed: undefined, seeds: [3, 4, 5] };

/** A run that nothing interrupts. */
async function straight(options: object): Promise<MadeRun & { remains: ReturnType<typeof remainsOf> }> {
  const outputDir = newOutputDir();
  const made = await run({ ...options, outputDir });
  return { ...made, remains: remainsOf(outputDir) };
}

let whole: Awaited<ReturnType<typeof straight>>;
before(async () => {
  whole = await straight(eight);
});

/** Kills the run at some of its events, each time anew, and resumes it by its folder alone. */
async function assertGoesOn(
  options: object,
  { events, remains }: Awaited<ReturnType<typeof straight>>,
  counts: Iterable<number>,
): Promise<void> {
  for (const count of counts) {
    const outputDir = newOutputDir();
    await killedRun({ ...options, outputDir }, count);
    const what = `killed at event ${count}, ${events[count - 1]!.type}`;
    const hasSnapshot = isResumable(outputDir);
    const again = hasSnapshot ? await resumed(outputDir) : await run({ ...options, outputDir, resume: true });
    assert.deepEqual(remainsOf(outputDir), remains, what);
    const start = again.events.find(({ type }) => type === "start");
    assert.ok(start?.type === "start" && start.firstStep > 0 === hasSnapshot, what);
  }
}

test("a run that is killed at any event is resumed by its folder alone to the bytes of an undisturbed one", async () => {
  const types = whole.events.map(({ type }) => type);
  assert.equal(types.filter((type) => type === "snapshot").length, 3);
  assert.ok(!whole.remains.files.includes("snapshots"), "they go when the model is there");
  const last = types.lastIndexOf("saved"); // as nothing is left to resume behind it
  await assertGoesOn(eight, whole, range(2, last, tries(6, 1)));
});

test("so is one of several seeds, and those that were trained are not trained again", async () => {
  const seeds = await straight(twoSeeds);
  const { runs: all } = seeds.result.seeds!;
  assert.equal(all.length, 3);
  const last = seeds.events.findIndex(({ type }) => type === "saved");
  await assertGoesOn(twoSeeds, seeds, range(7, last, tries(12, 1)));

  const outputDir = newOutputDir();
  const third = seeds.events.findIndex((event) => event.type === "seed" && event.run === 3);
  await killedRun({ ...twoSeeds, outputDir }, third + 3); // in its first updates
  const kept = readdirSync(join(outputDir, "snapshots")).sort();
  assert.equal(kept.filter((name) => name.startsWith("seed-")).length, 1, `the best one's: ${kept}`);
  const { events } = await resumed(outputDir);
  const told = events.flatMap((event) => (event.type === "seed" ? [event.done] : []));
  assert.deepEqual(told, [true, true, false]);
  const trained = events.filter(({ type }) => type === "step").length;
  assert.ok(trained <= 4, `${trained} updates of one seed`);
});

const rows = rowsOf(16);
const text = "the film was good";
const VECTORS = modelOfVectors();
const OF_TASKS = [
  {
    task: "embedding",
    train: rows.map((row) => ({ anchor: row.text, positive: row.text.replace("the ", "a ") })),
  },
  {
    task: "embedding",
    model: VECTORS,
    teacher: VECTORS,
    layers: 1,
    train: rows.map((row) => ({ anchor: row.text, positive: row.text.replace("the ", "a ") })),
  },
  { task: "classification", method: "contrastive", pairsPerRow: 2, train: rows },
  { task: "classification", teacher: TINY, layers: 1, train: rows },
  { task: "reranking", train: listsOf(6), batchSize: 3 },
  { task: "masked-words", train: rows },
  { task: "regression", train: rows.map((row, index) => ({ text: row.text, score: (index % 7) / 3 })) },
  { task: "multi-label", train: rows.map((row) => ({ text: row.text, labels: [row.label] })) },
  { task: "multiple-choice", train: rows.map(() => ({ context: text, choices: ["good", "bad"], label: 0 })) },
  {
    task: "token-classification",
    train: rows.map(() => ({ tokens: text.split(" "), tags: ["O", "B-THING", "O", "O"] })),
  },
  {
    task: "question-answering",
    train: rows.map(() => ({
      question: "what was good",
      context: text,
      answers: [{ text: "film", answerStart: 4 }],
    })),
  },
];

test("every task goes on with the same bytes; rows in memory have to be given again, and are compared", async () => {
  for (const { train, ...own } of OF_TASKS) {
    const options = { ...tinyRun, microBatchSize: 2, batchSize: 8, ...own, snapshotEvery: 1 };
    const { remains } = await straight({ ...options, train, validation: train.slice(0, 4) });
    const outputDir = newOutputDir();
    await killedRun({ ...options, train, validation: train.slice(0, 4), outputDir }, 5);
    assert.ok(isResumable(outputDir), own.task);
    await assert.rejects(resumed(outputDir, { train }), {
      message:
        "Expected the rows of the run to resume again, which came from no file, for validation but received undefined",
    });
    async function* again() {
      yield* train;
    }
    await resumed(outputDir, { train: again(), validation: train.slice(0, 4) });
    assert.deepEqual(remainsOf(outputDir), remains, own.task);
  }
});

/** A folder of a run that was killed after its fourth update. */
async function interrupted(options: object = eight): Promise<string> {
  const outputDir = newOutputDir();
  const at = whole.events.findIndex(
    ({ type, ...event }) => type === "snapshot" && "step" in event && event.step === 4,
  );
  await killedRun({ ...options, outputDir }, at + 2);
  return outputDir;
}

test("what decides the result and is another one is refused by name, before a file is changed", async () => {
  const outputDir = await interrupted();
  const others = { train: `${newOutputDir()}.tsv`, validation: `${newOutputDir()}.tsv` };
  writeTsv(others.train, rowsOf(45).with(7, rowsOf(1)[0]!));
  writeTsv(others.validation, rowsOf(12, 201));
  const refusals: Record<string, unknown> = {
    ...{ task: "regression", batchSize: 6, weightDecay: 0.5, maxSeqLength: 16, loadBest: false, seed: 4 },
    ...{ dtype: "bfloat16", optimizer: "lamb", patience: 2, limit: 40, metric: "loss", evaluateEvery: 2 },
    ...{ labels: ["positive", "negative"], model: "test/golden/data/tiny-bert-pretraining", ...others },
  };
  for (const [name, value] of Object.entries(refusals)) {
    await assert.rejects(resumed(outputDir, { [name]: value }), (error: Error) => {
      assert.match(error.message, new RegExp(`, as in the run to resume, for ${name} but received [^;]*$`));
      return true;
    });
  }
  for (const [name, value] of Object.entries({ learningRate: 1e-3, warmupRatio: 0.5, epochs: 3 }))
    await assert.rejects(resumed(outputDir, { [name]: value }), {
      message: new RegExp(`, as in the run to resume, for ${name} but .*; changeSchedule: true allows it$`),
    });
  await assert.rejects(resumed(outputDir, { overwrite: true }), { code: "ERR_OPTION", option: "overwrite" });
  await assert.rejects(run({ ...eight, outputDir }), {
    message: /which holds a run; resume: true goes on with it, overwrite: true begins anew$/,
  });
  const { events } = await resumed(outputDir, { microBatchSize: 5, snapshotEvery: 1, model: TINY });
  assert.deepEqual(noticesOf(events), []);
  assert.deepEqual(remainsOf(outputDir), whole.remains);
  await assert.rejects(resumed(outputDir), {
    message:
      /, whose run is over; give it as model to train it further, or overwrite: true instead begins anew$/,
  });
});

test("nothing to go on with is said", async () => {
  await assert.rejects(resumed(newOutputDir()), {
    message: /, which holds none; to begin one, give its options$/,
  });
  const outputDir = newOutputDir();
  mkdirSync(join(outputDir, "snapshots"), { recursive: true }); // of a process killed as it wrote its first one
  writeFileSync(join(outputDir, "snapshots/.partial-0"), "{");
  const { events } = await run({ ...eight, outputDir, resume: true });
  assert.deepEqual(noticesOf(events), ["there is no snapshot to resume from: the run begins at step 0"]);
  assert.deepEqual(remainsOf(outputDir), whole.remains);
  const { outputDir: _, ...homeless } = { ...eight, outputDir, resume: true };
  await assert.rejects(run(homeless as never), { code: "ERR_OPTION", option: "outputDir" });
});

test("with changeSchedule a run gets more epochs and another rate, which is said, and which holds from then on", async () => {
  const outputDir = await interrupted();
  const changed = { changeSchedule: true, epochs: 3, learningRate: 1e-3 };
  await assert.rejects(run({ ...eight, ...changed, outputDir }), { option: "changeSchedule" });
  await assert.rejects(
    resumed(outputDir, { changeSchedule: true, epochs: 1, seeds: [1, 2], seed: undefined }),
  );
  const killed = new Error("killed");
  const notices: string[] = [];
  const stopped = run({ resume: true, outputDir, ...changed }, (event) => {
    if (event.type === "notice") notices.push(event.message);
    if (event.type === "step") throw killed;
  });
  await assert.rejects(stopped, killed);
  assert.deepEqual(notices.slice(0, 2).sort(), [
    "after step 4, epochs is 3 instead of 2",
    "after step 4, learningRate is 0.001 instead of 0.005",
  ]);
  assert.match(notices[2]!, /^the learning rate was \S+ in update 4 and is 8\.00e-4 in update 5$/);
  const { result } = await resumed(outputDir);
  assert.equal(result.steps, 12);
  assert.equal(result.history.steps.at(-1)!.epoch, 3);
  assert.ok(result.history.steps[4]!.learningRate < 1e-3);
});

test("a run that patience ended says how it goes on, and with more of it is the run that had it from the beginning", async () => {
  const worsening = {
    ...eight,
    ...{ validation: rowsOf(20, 1001).map(({ text }) => ({ text, label: "positive" })), train: rowsOf(45) },
    ...{ epochs: 6, evaluateEvery: 2, metric: "loss", loadBest: undefined },
  };
  const outputDir = newOutputDir();
  const { result, events } = await run({ ...worsening, patience: 1, outputDir });
  assert.ok(result.stoppedEarly && result.steps < 24);
  const wayOn = "resume: true with a higher patience goes on with it";
  assert.deepEqual(noticesOf(events).slice(-1), [
    `the training stopped early, as 1 evaluation brought nothing better: ${wayOn}`,
  ]);
  const { train, validation } = worsening;
  const patient = await straight({ ...worsening, patience: 4 });
  await resumed(outputDir, { train, validation, patience: 4 });
  const remains = remainsOf(outputDir);
  assert.deepEqual(remains.report.history, patient.remains.report.history);
  assert.equal(remains.model, patient.remains.model);
});

test("a run that diverges says how it goes on, and one that was resumed goes back to the same weights", async () => {
  // The decay alone makes each weight -5 times what it was, until float32 cannot hold its square.
  const rates = { learningRate: 1, schedule: "constant", weightDecay: 6, warmupRatio: 0 } as const;
  const options = { ...tinyRun, ...rates, train: files.train, batchSize: 12, epochs: 10, snapshotEvery: 22 };
  const [first, second] = [newOutputDir(), newOutputDir()];
  const message =
    /weights after step 20 again\. They are in .*; resume: true with changeSchedule: true goes on from the snapshot of step 22, from before$/;
  await assert.rejects(run({ ...options, outputDir: first }), { message });
  const undisturbed = remainsOf(first);
  await killedRun({ ...options, outputDir: second }, 25);
  await assert.rejects(resumed(second), { message });
  assert.equal(remainsOf(second).model, undisturbed.model);
  assert.deepEqual(remainsOf(second).report.history, undisturbed.report.history);
  const { result } = await resumed(first, { changeSchedule: true, learningRate: 1e-4 });
  assert.equal(result.steps, 40);
});

test("an abort leaves a snapshot where there was one; a short run has none, and leaves nothing", async () => {
  const stoppedAt = async (options: object, step: number) => {
    const outputDir = newOutputDir();
    const controller = new AbortController();
    const stop = run(
      { ...options, outputDir },
      (event) => {
        if (event.type === "step" && event.step === step) controller.abort(new Error("enough"));
      },
      controller.signal,
    );
    await assert.rejects(stop, /enough/);
    return outputDir;
  };
  const outputDir = await stoppedAt(eight, 3); // whose evaluation is not made any more
  const { events } = await resumed(outputDir);
  assert.deepEqual(
    events.slice(0, 2).map(({ type, ...event }) => [type, "step" in event && event.step]),
    [
      ["start", false],
      ["evaluation", 3],
    ],
  );
  assert.deepEqual(remainsOf(outputDir), whole.remains);
  const { snapshotEvery: _, ...byTheClock } = eight;
  assert.ok(!existsSync(await stoppedAt(byTheClock, 3)));
  const counted = async (snapshotMinutes: number) => {
    const { events } = await run({ ...byTheClock, outputDir: newOutputDir(), snapshotMinutes });
    return events.filter(({ type }) => type === "snapshot").length;
  };
  assert.deepEqual([await counted(1e-9), await counted(10), await counted(0)], [7, 0, 0]);
});

test("a snapshot that finds no room is said, and the training goes on", async () => {
  const outputDir = newOutputDir();
  const { events } = await run({ ...eight, outputDir }, (event) => {
    if (event.type === "start") writeFileSync(join(outputDir, "snapshots"), "of the user");
  });
  assert.match(
    noticesOf(events)[0]!,
    /^the snapshot of step 2 could not be written: .*for outputDir but received E/,
  );
  rmSync(join(outputDir, "snapshots"));
  assert.deepEqual(remainsOf(outputDir), whole.remains);
});

function range(first: number, last: number, step = 1): number[] {
  return Array.from({ length: Math.ceil((last - first) / step) }, (_, index) => first + index * step);
}

test("a run with calibrate that was killed comes to the same calibration of the same weights", async () => {
  const options = { ...eight, epochs: 1, calibrate: true };
  const { result, remains } = await straight(options);
  const outputDir = newOutputDir();
  await killedRun({ ...options, outputDir }, 6);
  assert.ok(isResumable(outputDir));
  const again = await resumed(outputDir);
  assert.ok(again.result.calibration!.temperature! > 0);
  assert.deepEqual(again.result.calibration, result.calibration);
  assert.equal(remainsOf(outputDir).model, remains.model);
  assert.ok(existsSync(join(outputDir, "libbert_calibration.json")));
});
