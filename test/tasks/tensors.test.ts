import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { featureOptions } from "../../lib/features/options.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { type FineTuneSettings, fineTuneOptions } from "../../lib/fine-tuning/options.js";
import { TASK_NAMES, type TaskName } from "../../lib/tasks/find-spec.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { tinyRun } from "../session/support.js";
import { taggedRows } from "../support/tagged-rows.js";

// In this thread the tensors can be counted.

interface Case {
  rows: object[];
  inputs: unknown[];
  predictOptions?: object;
}

const repeated = (count: number, rowOf: (row: number) => object) =>
  Array.from({ length: count }, (_, row) => rowOf(row));
const choice = { context: "a film", choices: ["good", "bad", "slow"], label: 0 };
const question = {
  question: "what was good ?",
  context: "the film was good . the story was slow .",
  answers: { text: ["the film"], answer_start: [0] },
};

const cases: Record<TaskName, Case> = {
  classification: {
    rows: repeated(24, (row) => ({ text: "a good film", label: row % 2 ? "yes" : "no" })),
    inputs: ["a film", ["a", "b"]],
  },
  "multi-label": {
    rows: repeated(24, (row) => ({ text: "a good film", labels: ["a", "b", "c"].slice(0, row % 4) })),
    inputs: ["a film", ["a", "b"]],
  },
  regression: {
    rows: repeated(24, (row) => ({ text: "a good film", score: row / 8 })),
    inputs: ["a film", ["a", "b"]],
  },
  reranking: {
    rows: repeated(24, (row) => ({
      query: "a film",
      positive: "a good film",
      negatives: ["a", "b"].slice(row % 2),
    })),
    inputs: [["a film", "a good film"], { query: "a", document: "b" }],
  },
  "token-classification": { rows: taggedRows(24), inputs: [["the", "good", "film"], "a slow story"] },
  "question-answering": {
    rows: repeated(24, () => question),
    inputs: [question, question],
    predictOptions: { topK: 3 },
  },
  "multiple-choice": { rows: Array(24).fill(choice), inputs: [choice, choice] },
  embedding: {
    rows: repeated(24, (row) => ({
      anchor: `film ${row}`,
      positive: `a good film ${row}`,
      negative: "a story",
    })),
    inputs: ["a film", "b"],
  },
  "masked-words": {
    rows: repeated(24, (row) => ({ text: "a good film ".repeat(1 + row) })), // up to 3 windows
    inputs: ["a [MASK] film", "[MASK] [MASK]"],
    predictOptions: { topK: 4 },
  },
};

test("every task is among them", () => {
  assert.deepEqual(Object.keys(cases).sort(), [...TASK_NAMES].sort());
});

for (const [task, { rows, inputs, predictOptions = {} }] of Object.entries(cases)) {
  test(`${task}: training, evaluation, prediction and features leave no tensor behind`, async () => {
    const before = liveTensors();
    const counts: number[] = [];
    const settings = fineTuneOptions.parse({
      ...{ ...tinyRun, task, train: rows, validation: rows },
      ...{ epochs: 4, batchSize: 8, microBatchSize: 4, evaluateEvery: 2 },
    });
    const { model } = await fineTune(settings as unknown as FineTuneSettings, {
      emit: (event) => event.type === "step" && counts.push(liveTensors()),
    });
    assert.ok(counts.length >= 12);
    assert.deepEqual(new Set(counts.slice(1)), new Set([counts[0]]));

    const trained = liveTensors();
    await model.predict(inputs, predictOptions);
    await model.evaluate(await model.read(rows as Record<string, unknown>[], { name: "rows" }));
    for (const pooling of ["mean", "cls", "concat", "none"])
      await model.features.extract(
        ["a film", ["a", "b"]],
        featureOptions.parse({ layers: [0, -1], pooling }),
      );
    await model.features.embed(["a film"]);
    assert.equal(liveTensors(), trained);
    model.dispose();
    assert.equal(liveTensors(), before);
  });
}
