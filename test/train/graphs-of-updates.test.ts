import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { loopParts } from "../../lib/fine-tuning/loop-parts.js";
import { createTrainable, prepareRun } from "../../lib/fine-tuning/prepare-run.js";
import { epochUpdates, updateSettingsOf } from "../../lib/fine-tuning/updates.js";
import type { FineTuneOptions } from "../../lib/index.js";
import { AdamW } from "../../lib/optim/adamw.js";
import type { TaskBatch } from "../../lib/tasks/head.js";
import type { TaskModel } from "../../lib/tasks/task-model.js";
import { CudaGraphs, type Graphs } from "../../lib/tensor/graph.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { GraphsOfUpdates, graphsFor } from "../../lib/train/graphs-of-updates.js";
import type { Training } from "../../lib/train/training.js";
import { type Update, update } from "../../lib/train/update.js";
import { UpdateFigures } from "../../lib/train/update-figures.js";
import { WeightSnapshot } from "../../lib/train/weight-snapshot.js";
import { warningsTo } from "../../lib/warn.js";
import { settingsOf } from "../fine-tuning/settings.js";
import { setEnvironment } from "../runtime/fakes.js";
import { questionsOf, tinyQuestions } from "../session/questions.js";
import { rowsOf, tinyRun } from "../session/support.js";
import { DEVICE } from "../support/device.js";
import { goldenPath } from "../support/golden.js";
import { callsOf } from "../support/gpu-kernels.js";
import { RepeatedCalls } from "../support/repeated-calls.js";
import { taggedRows } from "../support/tagged-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";

// Without a GPU, what stands for a graph calls the captured function again, and refuses it what it would bring from JavaScript.

const COUNT = 48;
const isOnGpu = DEVICE !== "cpu";
/** Sums of a few more rows, which are zeros: in float32; on a GPU in bfloat16, where gradients are added in any order. */
const TOLERANCE = { relative: isOnGpu ? 5e-2 : 1e-4 };
const texts = rowsOf(COUNT);
const choices = ["it was good", "it was very bad", "it was a plot"];

const teacher = join(temporaryDirectory(), "teacher");
before(async () => {
  const { model } = await fineTune(
    settingsOf({ ...tinyRun, train: texts, outputDir: teacher } as FineTuneOptions),
    { emit() {} },
  );
  model.dispose();
});

/** Of each task, and kind of loss, that graphs serve. */
const RUNS: Record<string, object> = {
  classification: { train: texts },
  "classification with weights of classes": {
    ...{ task: "classification", train: texts },
    ...{ classWeights: { positive: 3, negative: 1 }, labelSmoothing: 0.1 },
  },
  "classification of long texts": {
    ...{
      train: texts.map(({ text, label }) => ({ text: `${text} . `.repeat(4), label })),
    },
    ...{ longTexts: "mean" },
  },
  "classification of rows that a teacher knows, and some by labels": {
    train: texts.map(({ text, label }, row) => (row % 8 === 3 ? { text } : { text, label })),
    ...{ teacher: teacher, labels: ["negative", "positive"] },
  },
  "classification with RoBERTa": { train: texts, model: goldenPath("families/tiny-roberta") },
  "multi-label": { train: texts.map(({ text, label }) => ({ text, labels: [label, "film"].slice(0, 2) })) },
  regression: { train: texts.map(({ text }) => ({ text, score: text.length / 10 })) },
  "token-classification": { train: taggedRows(COUNT) },
  "question-answering": { train: questionsOf(COUNT, { noAnswerEvery: 5 }), model: tinyQuestions.model },
  "multiple-choice": {
    train: texts.map(({ text }, row) => ({ context: text, choices, label: row % 3 })),
  },
  "masked-words": {
    ...{ train: texts.map(({ text }) => ({ text })), maskRate: 0.3 },
    model: goldenPath("tiny-bert-pretraining"),
  },
};

/** A training of 8 rows an update, and all its updates. */
interface Course extends Disposable {
  model: TaskModel;
  training: Training<TaskBatch>;
  updates: Update<TaskBatch>[];
}

async function courseOf(name: string, run: object, epochs = 4): Promise<Course> {
  const batches = { batchSize: 8, epochs };
  const dtype = isOnGpu ? "bfloat16" : "float32";
  const options = { ...tinyRun, task: name.split(" ")[0], dtype, ...batches, ...run };
  const prepared = await prepareRun(settingsOf(options as FineTuneOptions), { emit() {} });
  const made = createTrainable(prepared, 1);
  const { model, parameters } = made;
  const updates = Array.from({ length: epochs }, (_, epoch) => [
    ...epochUpdates(model, prepared.rows.train, updateSettingsOf(prepared, 1), epoch),
  ]).flat();
  const optimizer = new AdamW(parameters);
  model.train(true);
  const training = { ...loopParts(prepared, made), optimizer, updates, seed: 1, learningRate: () => 1e-3 };
  return {
    ...{ model, training },
    updates: updates.map((batch, step) => ({ ...changeOf(training, batch, step), isReportDue: true })),
    [Symbol.dispose]() {
      optimizer.dispose();
      model.dispose();
      prepared[Symbol.dispose]();
    },
  };
}

function changeOf(training: Training<TaskBatch>, batches: TaskBatch[], step: number) {
  return { batches, totals: training.counts(batches[0]!), step };
}

/** What the course's losses and norms are, with graphs or without. */
function figuresOf({ training, updates }: Course, graphs?: GraphsOfUpdates<TaskBatch>): number[] {
  const figures = new UpdateFigures<TaskBatch>();
  const lastGood = new WeightSnapshot(training.parameters);
  for (const one of updates) update(training, one, figures, lastGood, graphs);
  lastGood.dispose();
  return figures.take().flatMap(({ loss, gradientNorm }) => [loss, gradientNorm]);
}

/** The same with graphs, and the warnings that come with it. */
function toldBy(course: Course, graphs: GraphsOfUpdates<TaskBatch>): { told: string[]; figures: number[] } {
  const told: string[] = [];
  const figures = warningsTo(
    (message) => told.push(message),
    () => figuresOf(course, graphs),
  );
  return { told, figures };
}

/** What captures, and how often it did. */
function newGraphs() {
  const graphs = isOnGpu ? new CudaGraphs(DEVICE) : new RepeatedCalls();
  const counts = { captures: 0, replays: 0 };
  const counting: Graphs = {
    capture(body) {
      counts.captures++;
      const graph = graphs.capture(body);
      return {
        replay: () => {
          counts.replays++;
          graph.replay();
        },
        [Symbol.dispose]: () => graph[Symbol.dispose](),
      };
    },
    [Symbol.dispose]: () => graphs[Symbol.dispose](),
  };
  return { counting, counts };
}

function graphsOf({ training }: Course, made: Graphs = newGraphs().counting): GraphsOfUpdates<TaskBatch> {
  return new GraphsOfUpdates(training, training.capturable!, () => made);
}

for (const [name, run] of Object.entries(RUNS)) {
  test(`${name}: updates from graphs have the losses and gradients of updates without`, async () => {
    using course = await courseOf(name, run);
    using same = await courseOf(name, run);
    const { counting, counts } = newGraphs();
    using graphs = graphsOf(same, counting);
    assertClose(figuresOf(same, graphs), figuresOf(course), TOLERANCE);
    assert.ok(graphs.size > 0 && graphs.size === counts.captures, `${graphs.size} graphs`);
    const { length } = course.updates;
    assert.ok(counts.replays > length / 2, `${counts.replays} replays of ${length} updates`);
  });

  test(`${name}: two batches of one shape make the same calls with the same numbers`, async () => {
    using course = await courseOf(name, run);
    const { training } = course;
    const shapes = new Map<string, TaskBatch[]>();
    for (const { batches } of course.updates) {
      const rounded = training.capturable!.rounded(batches[0]!)!;
      const shape = training.capturable!.shapeOf(rounded);
      shapes.set(shape, [...(shapes.get(shape) ?? []), rounded]);
    }
    const [first, ...others] = [...shapes.values()].sort((a, b) => b.length - a.length)[0]!;
    assert.ok(others.length > 2, "several batches have the commonest shape");
    const figures = new UpdateFigures<TaskBatch>();
    const lastGood = new WeightSnapshot(training.parameters);
    const make = (batch: TaskBatch, step: number) =>
      update(training, { ...changeOf(training, [batch], step), isReportDue: false }, figures, lastGood);
    make(first!, 0); // allocates
    const calls = callsOf(() => make(first!, 1));
    for (const [index, other] of others.entries())
      assert.deepEqual(
        callsOf(() => make(other, index + 2)),
        calls,
      );
    for (const owner of [figures, lastGood]) owner.dispose();
  });
}

test("losses that are made in another way for each batch have no graphs: embeddings, rankings, pairs of few rows", async () => {
  const anchors = texts.map(({ text }, row) => ({ anchor: text, positive: `${text} ${row}` }));
  const rankings = texts.map(({ text, label }) => ({ query: label, positive: text, negative: "the cast" }));
  for (const [name, run] of [
    ["embedding", { train: anchors }],
    ["reranking", { train: rankings }],
    ["classification", { train: rowsOf(8), method: "contrastive" }],
  ] as const) {
    using course = await courseOf(name, run, 1);
    assert.equal(course.training.capturable!.rounded(course.updates[0]!.batches[0]!), null, name);
  }
});

test("RoBERTa's positions depend on tokens of padding within a text: such a batch has no graph", async () => {
  const model = goldenPath("families/tiny-roberta");
  const train = texts.map(({ text, label }, row) => ({
    text: row === 3 ? `${text} <pad> film` : text,
    label,
  }));
  using course = await courseOf("classification", { model, train }, 1);
  const rounded = course.updates.map(({ batches }) => course.training.capturable!.rounded(batches[0]!));
  assert.equal(rounded.filter((batch) => batch === null).length, 1);
});

test("a graph that gives something else is told, there are no more, and training is as without", async () => {
  using course = await courseOf("classification", { train: texts });
  using same = await courseOf("classification", { train: texts });
  const nothing = {
    capture: () => ({ replay() {}, [Symbol.dispose]() {} }),
    [Symbol.dispose]() {},
  };
  using graphs = graphsOf(same, nothing);
  const { told, figures } = toldBy(same, graphs);
  assertClose(figures, figuresOf(course), TOLERANCE);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /^CUDA graphs are off, .* a graph gave the loss 0, single launches 0\.\d+$/);
  assert.equal(graphs.size, 0);
});

test("what cannot be captured is told, and training is as without", async () => {
  using course = await courseOf("regression", RUNS.regression!);
  using same = await courseOf("regression", RUNS.regression!);
  const failing = {
    capture(body: () => void): never {
      body();
      throw new Error("operation not permitted when stream is capturing");
    },
    [Symbol.dispose]() {},
  };
  using graphs = graphsOf(same, failing);
  const { told, figures } = toldBy(same, graphs);
  assertClose(figures, figuresOf(course), TOLERANCE);
  assert.deepEqual(told, [
    "CUDA graphs are off, and each kernel is launched by itself: operation not permitted when stream is capturing",
  ]);
});

test("graphs leave no tensor behind", async () => {
  const before = liveTensors();
  {
    using course = await courseOf("classification", { train: texts });
    using graphs = graphsOf(course);
    figuresOf(course, graphs);
  }
  assert.equal(liveTensors(), before);
});

test("graphs serve one GPU without gradient checkpointing, unless LIBBERT_CUDA_GRAPHS is off", (t) => {
  const training = { parameters: { device: "cuda:0" }, capturable: {} };
  const has = (other: object = {}) => graphsFor({ ...training, ...other } as never) !== undefined;
  assert.equal(has(), true);
  assert.equal(has({ parameters: { device: "cpu" } }), false);
  assert.equal(has({ gradientCheckpointing: true }), false);
  assert.equal(has({ ranks: {} }), false);
  assert.equal(has({ capturable: undefined }), false);
  setEnvironment(t, { LIBBERT_CUDA_GRAPHS: "off" });
  assert.equal(has(), false);
  setEnvironment(t, { LIBBERT_CUDA_GRAPHS: "on" });
  assert.throws(() => has(), /Expected "off", or no value for LIBBERT_CUDA_GRAPHS but received "on"/);
});
