import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fineTune, loadModel, type Model } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { rowsOf, TINY, tinyRun } from "./support.js";
import { runningThreads } from "./workers.js";

const directory = temporaryDirectory();
const saved = join(directory, "tuned");
const rows = rowsOf(60);
const texts = rows.map(({ text }) => text);

let model: Model<"classification">;
before(async () => {
  model = await fineTune({ ...tinyRun, train: rowsOf(90), epochs: 3, outputDir: saved });
});
after(() => model.dispose());

const load = () => loadModel(saved, { task: "classification", dtype: "float32" });

test("dispose can be called again, also at the same time, and ends the thread", async () => {
  const own = await load();
  assert.equal(runningThreads(), 2);
  await Promise.all([own.dispose(), own.dispose()]);
  assert.equal(runningThreads(), 1);
  await own.dispose();
});

test("dispose waits for the calls under way, which succeed", async () => {
  const own = await load();
  const order: string[] = [];
  const calls = [
    own.predict(texts).then((predictions) => order.push(`predicted ${predictions.length}`)),
    own.evaluate(rows).then((result) => order.push(`evaluated ${result.rows}`)),
    own.save(join(directory, "at-the-end")).then(() => order.push("saved")),
  ];
  await own.dispose().then(() => order.push("disposed"));
  await Promise.all(calls);
  assert.equal(order.at(-1), "disposed");
  assert.deepEqual(order.slice(0, 3).sort(), ["evaluated 60", "predicted 60", "saved"]);
});

test("after dispose every call rejects with ERR_DISPOSED", async () => {
  const own = await load();
  const disposed = own.dispose();
  const calls = () => [own.predict(["a film"]), own.evaluate(rows), own.save(join(directory, "never"))];
  for (const call of calls()) await assert.rejects(call, { code: "ERR_DISPOSED" }); // while it is under way
  await disposed;
  for (const call of calls()) await assert.rejects(call, { code: "ERR_DISPOSED" });
});

test("await using disposes of the model", async () => {
  let inside: Model<"classification">;
  {
    await using own = await load();
    inside = own;
    assert.equal(runningThreads(), 2);
  }
  assert.equal(runningThreads(), 1);
  await assert.rejects(inside.predict(["a film"]), { code: "ERR_DISPOSED" });
});

test("concurrent predictions give each caller its own answers", async () => {
  const alone = await model.predict(texts);
  const slices = Array.from({ length: 30 }, (_, index) => texts.slice(index, index + 1 + (index % 7)));
  const answers = await Promise.all(slices.map((slice) => model.predict(slice)));
  for (const [index, answer] of answers.entries()) {
    assert.deepEqual(
      answer.map(({ label }) => label),
      alone.slice(index, index + slices[index]!.length).map(({ label }) => label),
    );
    for (const [offset, { score }] of answer.entries()) {
      // Another batch size may sum in another order: some units in the last place of float32.
      assert.ok(Math.abs(score - alone[index + offset]!.score) < 1e-5);
    }
  }
});

test("one call that fails does not disturb those beside it", async () => {
  const controller = new AbortController();
  const many = rowsOf(4000).map(({ text }) => text);
  const [aborted, unknown, good] = await Promise.allSettled([
    model.predict(many, { signal: controller.signal }),
    model.evaluate([{ text: "a film", label: "unknown" }]),
    model.predict(texts),
    Promise.resolve().then(() => controller.abort()),
  ]);
  assert.equal(aborted.status, "rejected");
  assert.equal(unknown.status, "rejected");
  assert.equal(good.status, "fulfilled");
  assert.deepEqual(good.value, await model.predict(texts));
});

test("saves at the same time into one directory leave one whole model", async () => {
  const target = join(directory, "many-saves");
  await Promise.all([1, 2, 3].map(() => model.save(target, { overwrite: true })));
  assert.deepEqual(
    readFileSync(join(target, "model.safetensors")),
    readFileSync(join(saved, "model.safetensors")),
  );
  await using loaded = await loadModel(target, { task: "classification", dtype: "float32" });
  assert.deepEqual(await loaded.predict(texts), await model.predict(texts));
});

test("models live side by side on threads of their own", async () => {
  await using other = await loadModel(TINY, { task: "classification" });
  assert.deepEqual(other.labels, ["negative", "neutral", "positive"]);
  const [mine, theirs] = await Promise.all([model.predict(texts), other.predict(texts)]);
  assert.deepEqual(Object.keys(mine[0]!.scores), ["negative", "positive"]);
  assert.deepEqual(Object.keys(theirs[0]!.scores), ["negative", "neutral", "positive"]);
});
