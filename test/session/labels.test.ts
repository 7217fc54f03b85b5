import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { failureOf, TINY } from "./support.js";

const TEXTS = ["the film was good", "a slow plot", "never"];

test("labels that a model is loaded with take the place of its own, in predictions and evaluations", async () => {
  await using own = await loadModel(TINY, { task: "classification", dtype: "float32" });
  const names = own.labels;
  const others = names.map((_, id) => `other ${id}`);
  await using model = await loadModel(TINY, { task: "classification", dtype: "float32", labels: others });
  assert.deepEqual(model.labels, others);
  const [before, after] = [await own.predict(TEXTS), await model.predict(TEXTS)];
  for (const [row, { label, scores }] of before.entries()) {
    assert.equal(after[row]!.label, others[names.indexOf(label)]);
    assert.deepEqual(Object.values(after[row]!.scores), Object.values(scores));
  }

  const rows = TEXTS.map((text, row) => ({ text, label: before[row]!.label }));
  const renamed = rows.map(({ text, label }) => ({ text, label: label === names[0] ? 0 : label }));
  const right = await own.evaluate(rows);
  assert.equal(right.accuracy, 1);
  assert.deepEqual((await own.evaluate(renamed, { labels: { [names[0]!]: "0" } })).loss, right.loss);
  const { report } = await own.evaluate(
    TEXTS.map((text) => ({ text, label: "b" })),
    { labels: ["a", "b", "c"] },
  );
  assert.deepEqual(
    report.labels.map(({ label }) => label),
    ["a", "b", "c"],
  );
  assert.deepEqual(own.labels, names, "an evaluation's names are its own");

  const error = await failureOf(own.evaluate(rows, { labels: ["a"] }));
  assert.deepEqual([error.code, error.option], ["ERR_OPTION", "labels"]);
  assert.match(error.message, /^Expected a name for each of 3 labels, as the model has /);
});

test("labels for a model that has none, or that do not fit, are refused", async () => {
  for (const [labels, message] of [
    [["a", "a", "b"], /^Expected distinct names for labels but received "a twice"$/],
    [{ nobody: "a" }, /^Expected names of the model's labels, .* for labels but received "nobody"$/],
    [[], /^Expected at least 1 element for labels but received/],
  ] as const) {
    const error = await failureOf(loadModel(TINY, { labels }));
    assert.deepEqual([error.code, error.option], ["ERR_OPTION", "labels"], error.message);
    assert.match(error.message, message);
  }
  const masked = await failureOf(
    loadModel("test/golden/data/families/tiny-roberta-mlm", { labels: ["a", "b"] }),
  );
  assert.match(masked.message, /^Expected no value, as a model for \S+ has none, for labels but received/);
});

test("loading is aborted by its signal, at once and while it goes on", async () => {
  const reason = new Error("enough");
  await assert.rejects(loadModel(TINY, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const loading = loadModel(TINY, { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(loading, reason);
});
