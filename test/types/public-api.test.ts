/**
 * What the compiler says of calls: every `@ts-expect-error` fails to compile where the line below it is no error. What it
 * refuses is refused at run time as well, for callers without a compiler.
 */
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  type AnswerPrediction,
  ablate,
  type ClassificationEvaluation,
  type ClassificationPrediction,
  type EncoderModel,
  type EntityPrediction,
  type FineTuneOptions,
  findLearningRate,
  fineTune,
  glueOptions,
  type LoadedModel,
  loadModel,
  type MaskPredictions,
  type Model,
  search,
} from "../../lib/index.js";
import { failureOf, rowsOf, TINY } from "../session/support.js";

/** Compiles where both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function assertSame<_ extends true>(): void {}

const [model, train] = [TINY, rowsOf(8)];

/** Whether a call is refused for an option of that name, before anything is trained. */
async function assertRefused(call: Promise<unknown>, option: string): Promise<void> {
  const error = await failureOf(call);
  assert.equal(error.code, "ERR_OPTION", error.stack);
  assert.equal(error.option, option, error.message);
}

test("an option of another task is refused", async () => {
  // @ts-expect-error maxAnswerLength is an option of question-answering
  await assertRefused(fineTune({ task: "regression", maxAnswerLength: 3, model, train }), "maxAnswerLength");
  // @ts-expect-error threshold is an option of multi-label
  await assertRefused(fineTune({ task: "regression", threshold: 0.5, model, train }), "threshold");
  // @ts-expect-error multiple-choice has no columns
  await assertRefused(fineTune({ task: "multiple-choice", columns: {}, model, train }), "columns");
  await assertRefused(
    // @ts-expect-error words have no second text
    fineTune({ task: "token-classification", columns: { textPair: "b" }, model, train }),
    "columns.textPair",
  );
});

test("an unknown option is refused, and an unknown task", async () => {
  // @ts-expect-error misspelt
  await assertRefused(fineTune({ task: "classification", learninRate: 1, model, train }), "learninRate");
  // @ts-expect-error misspelt in an object
  const lable = fineTune({ task: "classification", columns: { lable: "a" }, model, train });
  await assertRefused(lable, "columns.lable");
  // @ts-expect-error no such task
  await assertRefused(fineTune({ task: "translation", model, train }), "task");
});

test("a value of the wrong type is refused", async () => {
  // @ts-expect-error a number
  await assertRefused(fineTune({ task: "classification", epochs: "3", model, train }), "epochs");
  // @ts-expect-error one of three names
  await assertRefused(fineTune({ task: "classification", optimizer: "sgd", model, train }), "optimizer");
  // @ts-expect-error rows are objects
  await assertRefused(fineTune({ task: "classification", model, train: 5 }), "train");
});

test("what every task needs is asked for", async () => {
  // @ts-expect-error no rows
  await assertRefused(fineTune({ task: "classification", model }), "train");
  // @ts-expect-error no model
  await assertRefused(fineTune({ task: "classification", train }), "model");
  // @ts-expect-error no task
  await assertRefused(fineTune({ model, train }), "task");
});

test("a run to resume needs its folder alone; a task that is named gives the model its type", async () => {
  const outputDir = "nowhere";
  const any = fineTune({ resume: true, outputDir });
  const films = async () => {
    const resumed = await any;
    if (resumed.task === "regression") await resumed.predict(["a film"]);
  };
  await assertRefused(films(), "outputDir");
  await assertRefused(any, "outputDir");
  await assertRefused(fineTune({ resume: true, outputDir, epochs: 4, changeSchedule: true }), "outputDir");
  const one: Promise<Model<"regression">> = fineTune({
    task: "regression",
    resume: true,
    outputDir,
    model,
    train: "",
  });
  await assertRefused(one, "train");
  // @ts-expect-error no folder
  await assertRefused(fineTune({ task: "regression", resume: true }), "outputDir");
});

test("a search and a range test have the options of their task, and those of their own", async () => {
  const outputDir = "nowhere";
  const rows = { train, validation: train };
  // @ts-expect-error a search chooses its seeds itself
  await assertRefused(search({ task: "classification", model, ...rows, outputDir, seeds: [1, 2] }), "seeds");
  // @ts-expect-error a search needs rows to choose by
  await assertRefused(search({ task: "classification", model, train, outputDir }), "validation");
  // @ts-expect-error the rate is what is looked for
  const range = findLearningRate({ task: "regression", model, train, learningRate: 1 });
  await assertRefused(range, "learningRate");
  // @ts-expect-error scheme is an option of token-classification
  await assertRefused(findLearningRate({ task: "regression", model, train, scheme: "BIO" }), "scheme");
});

test("a loaded model narrows by its task, and gives what that task gives", async () => {
  await using loaded = await loadModel(TINY, { dtype: "float32" });
  assertSame<Same<typeof loaded, LoadedModel>>();
  // @ts-expect-error it may be an encoder alone, which has no predict
  assert.equal(typeof loaded.predict, "function");
  if (loaded.task === "features") assertSame<Same<typeof loaded, EncoderModel>>();
  if (loaded.task === "regression") {
    const [prediction] = await loaded.predict(["a film"]);
    assertSame<Same<NonNullable<typeof prediction>["score"], number>>();
    // @ts-expect-error a number has no label
    prediction!.label;
  }
  if (loaded.task === "token-classification") {
    const predictions = await loaded.predict(["a film", ["a", "film"]]);
    assertSame<Same<typeof predictions, EntityPrediction[][]>>();
  }
  if (loaded.task === "masked-words") {
    const predictions = await loaded.predict(["a [MASK]"], { topK: 3 });
    assertSame<Same<typeof predictions, MaskPredictions[]>>();
  }
  assert.ok(loaded.task === "classification");
  assertSame<Same<typeof loaded, Model<"classification">>>();
  const [prediction] = await loaded.predict(["a film"]);
  assertSame<Same<typeof prediction, ClassificationPrediction | undefined>>();
  assert.equal(prediction!.score, prediction!.scores[prediction!.label]);
  const evaluation = await loaded.evaluate([{ text: "a film", label: "positive" }]);
  assertSame<Same<typeof evaluation, ClassificationEvaluation>>();
  assert.equal(evaluation.rows, 1);
  // @ts-expect-error topK is an option of masked-words
  await assertRefused(loaded.predict(["a film"], { topK: 3 }), "topK");
  // @ts-expect-error a question is an input of question-answering
  const question = loaded.predict(["a film", { question: "a", context: "b" }]);
  await assertRefused(question, "inputs.1");
});

test("a task that is asked for is the type of the model", async () => {
  const questions = "test/golden/data/tiny-bert-questions";
  const ask = () => loadModel(questions, { task: "question-answering" });
  assertSame<Same<Awaited<ReturnType<typeof ask>>, Model<"question-answering">>>();
  type Answers = ReturnType<Model<"question-answering">["predict"]>;
  assertSame<Same<Awaited<Answers>, AnswerPrediction[]>>();
  // @ts-expect-error the comparison can fail
  assertSame<Same<Awaited<Answers>, ClassificationPrediction[]>>();
  // @ts-expect-error no such kind of model
  await assertRefused(loadModel(TINY, { task: "translation" }), "task");
});

test("an encoder alone has neither predict nor evaluate", () => {
  const calls = (encoder: EncoderModel) => {
    // @ts-expect-error
    encoder.predict(["a film"]);
    // @ts-expect-error
    encoder.evaluate([]);
    return encoder.embed(["a film"]);
  };
  assert.equal(typeof calls, "function");
});

test("a fine-tuned model has the type of its task, and the options of a recipe are options", async () => {
  const options = { ...glueOptions("glue/rte", "glue_data/RTE"), model, train, epochs: 1 };
  const calls = () => [
    fineTune(options),
    fineTune({ ...glueOptions("glue/sst2", "dir"), model, outputDir: join("runs", "a") }),
  ];
  assert.equal(typeof calls, "function");
  const any: FineTuneOptions = options;
  assert.equal(any.epochs, 1);
  await using tuned = await fineTune({ task: "classification", model, train, epochs: 1, device: "cpu" });
  assertSame<Same<typeof tuned, Model<"classification">>>();
  const { report } = tuned.training!.metrics ?? {};
  assertSame<Same<typeof report, ClassificationEvaluation["report"] | undefined>>();
  assert.equal(report, undefined);
});

test("arrays that cannot be written to are options, such as a model's own labels", () => {
  const calls = (labelled: Model<"classification">) => {
    const seeds = [1, 2] as const;
    return fineTune({
      task: "classification",
      model,
      train,
      validation: train,
      labels: labelled.labels,
      seeds,
    });
  };
  assert.equal(typeof calls, "function");
});

test("a model evaluates with the columns of its task alone", async () => {
  await using loaded = await loadModel(TINY, { task: "classification", dtype: "float32" });
  const rows = [{ body: "a film", label: "positive" }];
  assert.equal((await loaded.evaluate(rows, { columns: { text: "body", textPair: undefined } })).rows, 1);
  // @ts-expect-error misspelt
  await assertRefused(loaded.evaluate(rows, { columns: { txt: "body" } }), "columns.txt");
  const questions = await loadModel("test/golden/data/tiny-bert-questions", { task: "question-answering" });
  // @ts-expect-error questions have no columns
  await assertRefused(questions.evaluate(rows, { columns: { text: "body" } }), "columns");
  await questions.dispose();
});

test("a grid has options of the task, and a comparison those of pretrain()", async () => {
  const rows = { model, train, validation: train, outputDir: "nowhere" };
  // @ts-expect-error misspelt
  await assertRefused(search({ task: "classification", ...rows, grid: { epoch: [1, 2] } }), "epoch");
  // @ts-expect-error a number
  await assertRefused(search({ task: "classification", ...rows, grid: { epochs: ["1"] } }), "epochs");
  // @ts-expect-error the metric is what trials are compared by
  await assertRefused(search({ task: "classification", ...rows, grid: { metric: ["f1"] } }), "grid");
  const comparison = { base: { data: "shards", steps: 3 }, outputDir: "nowhere" };
  // @ts-expect-error misspelt
  await assertRefused(ablate({ ...comparison, variants: { a: { maskRat: 0.3 } } }), "maskRat");
});

test("what a model computes with is its own affair: neither its type nor what is printed of it shows the session", async () => {
  await using loaded = await loadModel(TINY, { task: "classification", dtype: "float32" });
  // @ts-expect-error private
  assert.equal(loaded.session, undefined);
  assert.doesNotMatch(inspect(loaded), /session|Worker/i);
});
