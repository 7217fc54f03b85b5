import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { fineTune } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { rowsOf, tinyRun } from "./support.js";

test("a directory of pre-training can be fine-tuned: the classifier is new, the heads are passed over", async () => {
  await using model = await fineTune({
    ...tinyRun,
    model: goldenPath("tiny-bert-pretraining"),
    train: rowsOf(90),
    epochs: 10,
  });
  assert.deepEqual([...model.labels].sort(), ["negative", "positive"]);
  const held = rowsOf(40, 1001);
  const predictions = await model.predict(held.map(({ text }) => text));
  const right = predictions.filter(({ label }, index) => label === held[index]!.label).length;
  assert.ok(right >= 36, `${right} of 40 right`);
});
