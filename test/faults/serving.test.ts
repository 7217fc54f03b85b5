import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ClassificationPrediction, loadModel, type Model } from "../../lib/index.js";
import { rowsOf, TINY } from "../session/support.js";
import { Draws } from "./draws.js";
import { resources } from "./resources.js";
import { tries } from "./tries.js";

const TEXTS = [...new Set(rowsOf(400).map(({ text }) => text))];

/** How far neighbours in the batch may move a probability: rounding alone, where a kernel sums in another order. */
const MOST = { float32: 1e-6, bfloat16: 0.02 };

const model = {} as Record<keyof typeof MOST, Model<"classification">>;
const alone = {} as Record<keyof typeof MOST, Map<string, ClassificationPrediction>>;

before(async () => {
  for (const dtype of ["float32", "bfloat16"] as const) {
    model[dtype] = await loadModel(TINY, { task: "classification", dtype });
    alone[dtype] = new Map();
    for (const text of TEXTS) alone[dtype].set(text, (await model[dtype].predict([text]))[0]!);
  }
});
after(async () => {
  for (const one of Object.values(model)) await one.dispose();
});

/** The largest difference to what the texts get alone. */
function distance(
  dtype: keyof typeof MOST,
  texts: readonly string[],
  predictions: readonly ClassificationPrediction[],
): number {
  const differences = texts.flatMap((text, index) => {
    const { scores } = alone[dtype].get(text)!;
    return Object.entries(scores).map(([label, score]) =>
      Math.abs(score - predictions[index]!.scores[label]!),
    );
  });
  return Math.max(...differences);
}

test("predictions that 64 clients have under way at once are right, and leave no memory behind", async () => {
  const perClient = tries(16, 157);
  const draws = new Draws(1);
  const wrong: string[] = [];
  let aborted = 0;
  const ask = async () => {
    const texts = Array.from({ length: 1 + draws.below(3) }, () => TEXTS[draws.below(TEXTS.length)]!);
    const controller = new AbortController();
    const call = model.float32.predict(texts, { signal: controller.signal });
    const gone = new Error("the client went away");
    if (draws.below(16) === 0) setTimeout(() => controller.abort(gone), draws.below(50));
    try {
      const predictions = await call;
      if (distance("float32", texts, predictions) > MOST.float32) wrong.push(...texts);
    } catch (error) {
      assert.equal(error, gone);
      aborted++;
    }
  };
  const round = () => Promise.all(Array.from({ length: 64 * perClient }, ask));
  await round();
  const { memory, files, threads } = resources();
  await round();
  const after = resources();
  assert.deepEqual(wrong, []);
  assert.ok(aborted > 0);
  assert.deepEqual([after.files.size, after.threads], [files.size, threads]);
  // Once the garbage of both threads has found its size, about a third more; a leak would double it.
  assert.ok(after.memory < 1.5 * memory, `${memory} MiB after one round, ${after.memory} after two`);
});

test("a text's prediction does not depend on its neighbours in the batch, but for rounding", async () => {
  const draws = new Draws(2);
  for (const dtype of ["float32", "bfloat16"] as const) {
    let most = 0;
    for (let batch = 0; batch < tries(20, 2000); batch++) {
      const texts = Array.from({ length: 1 + draws.below(40) }, () => TEXTS[draws.below(TEXTS.length)]!);
      most = Math.max(most, distance(dtype, texts, await model[dtype].predict(texts)));
    }
    assert.ok(most <= MOST[dtype], `${dtype}: ${most}`);
  }
});
