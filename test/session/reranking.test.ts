import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type FineTuneOptions, fineTune, loadModel } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { listsOf, modelOfVectors, pairsOf } from "./rankings.js";
import { failureOf, tinyRun } from "./support.js";

const pairs = pairsOf(64);
const lists = listsOf(24);
const scored = pairs.map(({ label, ...pair }, row) => ({ ...pair, score: label ? 0.9 : (row % 5) / 10 }));
const run = { ...tinyRun, task: "reranking", epochs: 4 } as const;
const tuned = (options: object) => fineTune({ ...run, ...options } as FineTuneOptions & typeof run);
const asked = [
  { query: "the film", document: "the story was good" },
  ["the film", "the cast was bad"],
] as const;

for (const [what, rows, figures, options] of [
  ["labelled pairs", pairs, ["averagePrecision", "f1", "accuracy"], { posWeight: 2 }],
  ["scored pairs", scored, ["spearman", "pearson"], {}],
  ["lists", lists, ["ndcgAt10", "mrrAt10", "map"], {}],
  ["lists, as lists", lists, ["ndcgAt10", "mrrAt10", "map"], { loss: "list-net" }],
] as const) {
  test(`what is trained on ${what} ranks them better, and says so in its own figures`, async () => {
    await using model = await tuned({ train: rows, validation: rows, epochs: 10, ...options });
    const { history, metrics } = model.training!;
    const [first, last] = [history.evaluations[0]!.metrics, metrics!] as unknown as Record<string, number>[];
    assert.deepEqual(Object.keys(last!).slice(0, figures.length), figures);
    const [figure] = figures;
    assert.ok(
      last![figure]! >= first![figure]! && last![figure]! > 0.7,
      `${first![figure]}, ${last![figure]}`,
    );
  });
}

test("a batch in parts has the loss and the gradients of the whole, with dropout: no list is parted", async () => {
  const lossesOf = async (options: object) => {
    await using model = await tuned({ train: lists, epochs: 2, ...options });
    return model.training!.history.steps.map(({ loss }) => loss);
  };
  for (const options of [{ loss: "list-net" }, { loss: "lambda" }, {}, { train: pairs, posWeight: 3 }]) {
    const [whole, parts] = [await lossesOf(options), await lossesOf({ ...options, microBatchSize: 5 })];
    assertClose(parts, whole, { relative: 1e-5 }, JSON.stringify(Object.keys(options)));
  }
});

test("what is saved is a cross-encoder: loaded again it gives the same scores, ranks, and evaluates any rows", async () => {
  const outputDir = join(temporaryDirectory(), "out");
  await using model = await tuned({ train: pairs, outputDir });
  await using loaded = await loadModel(outputDir, { dtype: "float32" });
  assert.ok(loaded.task === "reranking");
  const scores = (await model.predict(asked)).map(({ score }) => score);
  assertClose(
    (await loaded.predict(asked)).map(({ score }) => score),
    scores,
    { absolute: 1e-6 },
  );
  const ranked = await loaded.rank("the film", ["the cast was bad", "the story was good"]);
  assertClose(ranked.map(({ score }) => score).sort(), [...scores].sort(), { absolute: 1e-6 });
  assert.ok(scores.every((score) => score > 0 && score < 1));
  for (const [rows, figure] of [
    [lists, "mrrAt10"],
    [pairs, "accuracy"],
    [scored, "pearson"],
  ] as const)
    assert.ok(Number.isFinite((await loaded.evaluate(rows))[figure]), figure);
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
  assert.deepEqual(config.sentence_transformers, {
    activation_fn: "torch.nn.modules.activation.Sigmoid",
    version: "4.0.0",
  });
});

test("one output is for reranking where the files name a cross-encoder, else for regression; whoever names the other gets it", async () => {
  const folder = temporaryDirectory();
  const rows = pairs
    .slice(0, 16)
    .map(({ query, document, label }) => ({ text: query, textPair: document, score: label }));
  for (const [name, options] of [
    ["reranker", { task: "reranking", train: pairs }],
    ["regression", { task: "regression", train: rows }],
    ["regression-of-reranker", { task: "regression", train: rows, model: join(folder, "reranker") }],
  ] as const) {
    const outputDir = join(folder, name);
    await using _ = await fineTune({ ...tinyRun, epochs: 1, outputDir, ...options } as FineTuneOptions);
    for (const task of [undefined, "reranking", "regression"] as const) {
      await using model = await loadModel(outputDir, { task });
      assert.equal(
        model.task,
        task ?? (name === "reranker" ? "reranking" : "regression"),
        `${name} as ${task}`,
      );
    }
  }
  await using silent = await loadModel(goldenPath("cross-encoder"));
  assert.equal(silent.task, "regression");
});

test("files about the vectors of the model that was trained do not stay", async () => {
  const outputDir = join(temporaryDirectory(), "out");
  await using model = await tuned({ model: modelOfVectors(), train: pairs, epochs: 1, outputDir });
  for (const name of ["modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"])
    assert.ok(!existsSync(join(outputDir, name)), name);
  await using loaded = await loadModel(outputDir, { dtype: "float32" });
  assert.equal(loaded.task, "reranking");
  const vectors = [await model.embed(["a film"]), await loaded.embed(["a film"])].map(([vector]) => vector!);
  assertClose(vectors[1]!, vectors[0]!, { absolute: 1e-6 });
});

for (const [what, options, message] of [
  [
    "list-net for pairs",
    { train: pairs, loss: "list-net" },
    /^Expected binary-cross-entropy or mse, as each row has one document alone, for loss but received "list-net"$/,
  ],
  [
    "a weight for list-net",
    { train: lists, loss: "list-net", posWeight: 2 },
    /^Expected no value, as list-net has none, for posWeight but received 2$/,
  ],
  [
    "labels beyond 0 and 1 for cross entropy",
    { train: [...lists, { ...lists[0], labels: [3, 0, 0] }] },
    /^train, row 25: Expected labels from 0 to 1, of which binary-cross-entropy is, but received 3$/,
  ],
  [
    "a figure of other rows",
    { train: pairs, validation: pairs, metric: "mrrAt10" },
    /^Expected one of averagePrecision, f1, accuracy for metric but received "mrrAt10"$/,
  ],
] as const) {
  test(`${what}: refused`, async () => {
    assert.match((await failureOf(tuned(options))).message, message);
  });
}

test("labels that teach no order are told, and others are not", async () => {
  const noticesOf = async (rows: object[]) => {
    const told: string[] = [];
    const onProgress = (event: { type: string; message?: string }) =>
      void (event.type === "notice" && told.push(event.message!));
    await using _ = await tuned({ train: rows, epochs: 1, onProgress });
    return told.filter((message) => message.includes("teaches no order"));
  };
  assert.deepEqual(await noticesOf(pairs.map((pair) => ({ ...pair, label: 1 }))), [
    "train: all labels are 1, which teaches no order of documents",
  ]);
  const alike = lists.map((list, row) => ({ ...list, labels: list.labels.map(() => row % 2) }));
  assert.deepEqual(await noticesOf(alike), [
    "train: the labels are the same within each of the 24 rows, which teaches no order of documents",
  ]);
  for (const rows of [pairs, lists]) assert.deepEqual(await noticesOf(rows), []);
});

test("a text alone is no input", async () => {
  await using model = await tuned({ train: pairs, epochs: 1, limit: 4 });
  assert.equal(
    (await failureOf(model.predict(["a text"] as never))).message,
    'Expected an object { query, document } of strings, or a pair of strings, for inputs.0 but received "a text"',
  );
});
