// In a file, and so a process, of its own: tensors that another test forgot would be collected while this one counts.
import "../support/own-process.js";
import "../support/few-kernels.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { z } from "zod";
import type { FineTuneEvent } from "../../lib/fine-tuning/events.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import type { FineTuneOptions } from "../../lib/index.js";
import { specOf, TASK_NAMES, type TaskName } from "../../lib/tasks/find-spec.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { questionsOf, tinyQuestions } from "../session/questions.js";
import { rowsOf, tinyRun } from "../session/support.js";
import { goldenPath } from "../support/golden.js";
import { taggedRows } from "../support/tagged-rows.js";
import { settingsOf } from "./settings.js";

const COUNT = 64;
const texts = rowsOf(COUNT);
const questions = questionsOf(COUNT, { noAnswerEvery: 5 });
const choices = ["it was good", "it was very bad", "it was a plot"];

/** What each task is trained on, and asked for. */
const TASKS: Record<TaskName, { train: Record<string, unknown>[]; inputs: unknown[]; model?: string }> = {
  classification: { train: texts, inputs: ["the film was good", ["a film", "a story"]] },
  embedding: {
    train: texts.map(({ text }, index) => ({ anchor: text, positive: `${text} ${index}` })),
    inputs: ["the film was good", "a story"],
  },
  "masked-words": {
    train: texts.map(({ text }) => ({ text })),
    inputs: ["the [MASK] was [MASK]", "a [MASK]"],
    model: goldenPath("tiny-bert-pretraining"),
  },
  "multi-label": {
    train: texts.map(({ text, label }) => ({ text, labels: text.includes("film") ? [label, "film"] : [] })),
    inputs: ["the film was good", ["a film", "a story"]],
  },
  "multiple-choice": {
    train: texts.map(({ text }, index) => ({ context: text, choices, label: index % 3 })),
    inputs: [{ context: "the film", choices }],
  },
  "question-answering": { train: questions, inputs: questions.slice(0, 3), model: tinyQuestions.model },
  regression: {
    train: texts.map(({ text }) => ({ text, score: text.length / 10 })),
    inputs: ["the film was good", ["a film", "a story"]],
  },
  reranking: {
    train: texts.map(({ text, label }, row) => {
      const documents = texts.slice(row % 8, (row % 8) + 2 + (row % 2)).map((other) => other.text);
      return { query: label, documents: [text, ...documents], labels: [1, ...documents.map(() => 0)] };
    }),
    inputs: [["good", "the film was good"]],
  },
  "token-classification": {
    train: taggedRows(COUNT),
    inputs: ["the good film music was quick", ["the", "actor"]],
  },
};

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

for (const task of TASK_NAMES) {
  test(`${task}: training, evaluation and prediction leave no tensor behind, and memory stays level`, async () => {
    const { train, inputs, model: directory = tinyRun.model } = TASKS[task];
    const before = liveTensors();
    const tensors: number[] = [];
    const resident: number[] = [];
    const emit = ({ type }: FineTuneEvent) => {
      if (type !== "step") return;
      tensors.push(liveTensors());
      if (tensors.length % 10 !== 0) return;
      collectGarbage(); // how far JavaScript's own heap spreads before it is collected is chance
      resident.push(process.memoryUsage.rss());
    };
    const run = { batchSize: 8, microBatchSize: 4, epochs: 14, evaluateEvery: 25 };
    const rows = { train, validation: train.slice(0, 12) };
    const settings = settingsOf({ ...tinyRun, task, model: directory, ...rows, ...run } as FineTuneOptions);
    const { model } = await fineTune(settings, { emit });
    assert.ok(tensors.length >= 100, `${tensors.length} updates`);
    // The first update makes what the whole run keeps: gradients, the copy of the last good weights.
    assert.deepEqual([...new Set(tensors.slice(1))], [tensors[0]], "tensors after each update");
    const growth = (resident.at(-1)! - resident[4]!) / 2 ** 20;
    // An update's activations are some 2 MiB: 60 updates that kept a quarter of them would take 30 MiB.
    assert.ok(growth < 20, `resident memory grew by ${growth.toFixed(1)} MiB from update 50 on`);

    const trained = liveTensors();
    const options = z.strictObject(specOf(task).predictOptions).parse({});
    assert.equal((await model.predict(inputs, options)).length, inputs.length);
    assert.equal(liveTensors(), trained, "tensors after predictions");
    const read = await model.read(train, { name: "source" });
    assert.equal((await model.evaluate(read)).rows, train.length);
    assert.equal(liveTensors(), trained, "tensors after an evaluation");
    for (const pooling of ["mean", "cls", "concat", "none"] as const)
      await model.features.extract(["a film", ["a", "b"]], { layers: [0, -1], pooling });
    await model.features.embed(["a film"]);
    assert.equal(liveTensors(), trained, "tensors after features");
    model.dispose();
    assert.equal(liveTensors(), before, "tensors after dispose");
  });
}
