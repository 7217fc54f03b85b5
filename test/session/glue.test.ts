import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fineTune, glueOptions } from "../../lib/index.js";
import { MINILM } from "./support.js";

const RTE = "../shared/data/rte";
const skip = existsSync(MINILM) && existsSync(RTE) ? false : `${MINILM} or ${RTE} is missing`;

test("a few steps of RTE with MiniLM: the recipe's settings, all rows of dev, a loss that is there to fall", {
  skip,
}, async () => {
  const options = { ...glueOptions("glue/rte", RTE), limit: 96, epochs: 1, maxSeqLength: 32 };
  await using model = await fineTune({ ...options, model: MINILM, dtype: "float32" });
  assert.equal(model.task, "classification");
  assert.deepEqual(model.labels, ["entailment", "not_entailment"]);
  const { metrics, history } = model.training!;
  assert.equal(history.steps.length, 3); // 96 rows, 32 at a time
  assert.deepEqual(Math.max(...history.steps.map(({ learningRate }) => learningRate)), 2e-5);
  assert.ok(Math.abs(history.steps[0]!.loss - Math.log(2)) < 0.1, "a new layer guesses");
  const { rows, accuracy, report } = metrics as Extract<typeof metrics, { accuracy: number }>;
  assert.equal(rows, 800);
  assert.ok(accuracy > 0.4 && accuracy < 0.7, `accuracy ${accuracy}`);
  assert.equal(
    report.confusionMatrix.flat().reduce((sum, count) => sum + count),
    800,
  );
  assert.ok(report.worstMistakes[0]!.textPair!.length > 0);
});

test("glueOptions refuses what is no recipe", () => {
  assert.throws(() => glueOptions("rte", RTE), {
    code: "ERR_OPTION",
    message: /^Expected one of glue\/cola, .* for recipe but received "rte"$/,
  });
});
