import "../support/one-thread.js";

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { held, shortRun, train } from "./short-run.js";
import { rowsOf, tinyRun, writeTsv } from "./support.js";

const directory = temporaryDirectory();
const plain = await shortRun(); // what the variations are compared with

test("the same rows train the same model, bit for bit, whichever source they come from", async () => {
  const csv = join(directory, "train.csv");
  const jsonl = join(directory, "train.jsonl");
  writeFileSync(csv, `text,label\r\n${train.map(({ text, label }) => `"${text}",${label}\r\n`).join("")}`);
  writeFileSync(jsonl, train.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const sources = {
    tsv: writeTsv(join(directory, "train.tsv"), train),
    csv,
    jsonl,
    generator: (function* () {
      yield* train;
    })(),
    asyncIterable: (async function* () {
      for (const row of train) {
        if (row === train[40]) await new Promise((resolve) => setTimeout(resolve, 30));
        yield row;
      }
    })(),
    set: new Set(train),
  };
  for (const [name, source] of Object.entries(sources)) {
    const { losses, predictions } = await shortRun({ train: source });
    assert.deepEqual(losses, plain.losses, name);
    assert.deepEqual(predictions, plain.predictions, name);
  }
});

test("training rows whose words the model does not know are told", async () => {
  const told: string[] = [];
  const foreign = train
    .slice(0, 16)
    .map((row, index) => ({ ...row, text: index % 2 === 0 ? "東京" : row.text }));
  await using model = await fineTune({
    ...tinyRun,
    train: foreign,
    onProgress: (event) => event.type === "notice" && told.push(event.message),
  });
  assert.equal(model.history!.steps.length, 1);
  assert.ok(
    told.some((message) => /^train: \d+ % of the tokens are \[UNK\]/.test(message)),
    String(told),
  );
});

test("labels are numbered in sorted order, or as given, with labels that no row has", async () => {
  assert.deepEqual(plain.labels, ["negative", "positive"]);
  const { labels, predictions } = await shortRun({ labels: ["positive", "mixed", "negative"] });
  assert.deepEqual(labels, ["positive", "mixed", "negative"]);
  assert.deepEqual(Object.keys(predictions[0]!.scores), ["positive", "mixed", "negative"]);
});

test("pairs of texts are learnt as pairs: the second text tells the label", async () => {
  const pairs = Array.from({ length: 192 }, (_, index) => {
    const { text } = rowsOf(1, 7 * index + (index % 3))[0]!; // right by itself in a third of the pairs
    const second = rowsOf(1, 5 * index + 1)[0]!;
    return { text, textPair: second.text, label: second.label };
  });
  await using model = await fineTune({ ...tinyRun, train: pairs, epochs: 12 });
  const { accuracy } = await model.evaluate(pairs);
  assert.ok(accuracy >= 0.95, `accuracy ${accuracy}`);
  const predictions = await model.predict(pairs.map(({ text, textPair }) => [text, textPair]));
  const right = predictions.filter(({ label }, index) => label === pairs[index]!.label).length;
  assert.equal(right / pairs.length, accuracy);
});

test("columns are read by the names given, in training and in evaluation", async () => {
  const renamed = train.map(({ text, label }) => ({ review: text, stars: label, text: "not this" }));
  const columns = { text: "review", label: "stars" };
  await using model = await fineTune({ ...tinyRun, train: renamed, columns });
  assert.deepEqual(
    model.history!.steps.map(({ loss }) => loss),
    plain.losses,
  );
  const heldRenamed = held.map(({ text, label }) => ({ review: text, stars: label }));
  assert.deepEqual(await model.evaluate(heldRenamed, { columns }), await model.evaluate(held));
});

test("limit takes the first rows only, also of an endless iterable, and closes it", async () => {
  let closed = false;
  function* endless() {
    try {
      for (let number = 0; ; number++) yield* rowsOf(1, number);
    } finally {
      closed = true;
    }
  }
  const limited = await shortRun({ train: endless(), limit: 90 });
  assert.deepEqual(limited.losses, plain.losses);
  assert.ok(closed);
});

test("groupByLength trains on every row once an epoch, in other batches", async () => {
  const { losses, predictions } = await shortRun({ groupByLength: true });
  assert.equal(losses.length, plain.losses.length);
  assert.notDeepEqual(losses, plain.losses);
  assert.notDeepEqual(predictions, plain.predictions);
});

test("long and empty texts are trained on, and a notice counts them", async () => {
  const long = { text: "the film was good ".repeat(5556), label: "positive" }; // 100,008 characters
  const odd = [...train, long, { text: "", label: "negative" }, { text: " \t ", label: "negative" }];
  const notices: string[] = [];
  await using model = await fineTune({
    ...tinyRun,
    train: odd,
    validation: [long, ...held],
    epochs: 10,
    onProgress: (event) => event.type === "notice" && notices.push(event.message),
  });
  assert.deepEqual(notices, [
    "train: texts cut to 32 tokens: 1",
    "train: empty texts: 2",
    "validation: texts cut to 32 tokens: 1",
  ]);
  const { truncatedTexts, emptyTexts, rows } = await model.evaluate(odd);
  assert.deepEqual({ truncatedTexts, emptyTexts, rows }, { truncatedTexts: 1, emptyTexts: 2, rows: 93 });
  const [cut, empty] = await model.predict([long.text, ""]);
  assert.equal(cut!.label, "positive");
  assert.ok(empty!.score > 0);
});
