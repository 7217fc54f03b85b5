import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { featureOptions } from "../../lib/tasks/features/options.js";
import { fineTune } from "../../lib/tasks/fine-tuning/fine-tune.js";
import { fineTuneOptions } from "../../lib/tasks/fine-tuning/options.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { tinyRun } from "../session/support.js";

// In this thread the tensors can be counted.

const choice = { context: "a film", choices: ["good", "bad", "slow"], label: 0 };
const cases = {
  "multiple-choice": { rows: Array(24).fill(choice), inputs: [choice, choice], predictOptions: {} },
  "masked-words": {
    rows: Array.from({ length: 24 }, (_, row) => ({ text: "a good film ".repeat(1 + row) })), // up to 3 windows
    inputs: ["a [MASK] film", "[MASK] [MASK]"],
    predictOptions: { topK: 4 },
  },
} as const;

for (const [task, { rows, inputs, predictOptions }] of Object.entries(cases)) {
  test(`${task}: training, evaluation, prediction and features leave no tensor behind`, async () => {
    const before = liveTensors();
    const counts: number[] = [];
    const settings = fineTuneOptions.parse({
      ...{ ...tinyRun, task, train: rows, validation: rows },
      ...{ epochs: 4, batchSize: 8, microBatchSize: 4, evaluateEvery: 2 },
    });
    const { model } = await fineTune(settings, {
      emit: (event) => event.type === "step" && counts.push(liveTensors()),
    });
    assert.ok(counts.length >= 12);
    assert.deepEqual(new Set(counts.slice(1)), new Set([counts[0]]));

    const trained = liveTensors();
    await model.predict(inputs, predictOptions);
    await model.evaluate(await model.read(rows, { name: "rows" }));
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
