import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type FineTuneOptions, fineTune, loadModel } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf, rowsOf, tinyRun } from "./support.js";

/** Sentences, and the same in other words: only the noun tells which belong together. */
function pairsOf(count: number) {
  return rowsOf(count).map(({ text }, row) => ({
    anchor: text,
    positive: text.replace("the ", "a ").replace(" was ", ` is ${row % 2 ? "so " : ""}`),
  }));
}

const pairs = pairsOf(64);
const triplets = pairs.map((pair, row) => ({ ...pair, negative: pairs[(row + 5) % pairs.length]!.positive }));
const scored = pairs.map(({ anchor, positive }, row) => ({
  sentence1: anchor,
  sentence2: row % 2 ? positive : pairs[(row + 3) % pairs.length]!.positive,
  score: row % 2 ? 0.9 : (row % 7) / 10,
}));
const run = { ...tinyRun, task: "embedding", learningRate: 1e-3, epochs: 4 } as const;
const tuned = (options: Partial<FineTuneOptions>) =>
  fineTune({ ...run, ...options } as FineTuneOptions & typeof run);
const lossesOf = async (options: object) => {
  await using model = await tuned({ train: pairs, ...options });
  return model.training!.history.steps.map(({ loss }) => loss);
};

for (const [what, rows, options] of [
  ["pairs", pairs, {}],
  ["pairs, both ways", pairs, { loss: "multiple-negatives-symmetric-ranking" }],
  ["pairs, of the first numbers, too", pairs, { dims: [32, 16, 8] }],
  ["pairs with a negative", triplets, {}],
  ["triplets", triplets, { loss: "triplet" }],
  ["scores", scored, {}],
  ["scores as cosines", scored, { loss: "cosine-similarity" }],
] as const) {
  test(`what is trained on ${what} comes closer to them`, async () => {
    await using model = await tuned({ train: rows, validation: rows, epochs: 20, ...options } as object);
    const { history, metrics } = model.training!;
    const [first, last] = [history.evaluations[0]!.metrics, metrics!] as unknown as Record<string, number>[];
    const { report: _, ...figures } = last!;
    for (const [name, value] of Object.entries(figures))
      assert.ok(Number.isFinite(value), `${name} ${value}`);
    const ofPairs = what === "triplets" ? "tripletAccuracy" : "mrrAt10"; // a triplet knows its own negative alone
    const figure = rows === scored ? "spearman" : ofPairs;
    assert.ok(last![figure]! > first![figure]!, `${figure}: ${first![figure]}, then ${last![figure]}`);
    assert.equal("tripletAccuracy" in last!, rows === triplets);
  });
}

test("rows with scores choose the weights of a model that is trained on pairs, and the other way round", async () => {
  for (const [train, validation, metric] of [
    [pairs, scored, "spearman"],
    [scored, pairs, "ndcgAt10"],
  ] as const) {
    await using model = await tuned({ train, validation, loadBest: true });
    const { history, metrics, metric: chosen } = model.training!;
    assert.equal(chosen, metric);
    const figures = history.evaluations.map(({ metrics: of }) => (of as never)[metric] as number);
    assert.equal((metrics as never)[metric], Math.max(...figures));
  }
});

test("a batch in parts has the loss and the gradients of the whole, with dropout", async () => {
  for (const options of [
    {},
    { train: triplets, dims: [32, 8] },
    { train: scored },
    { train: triplets, loss: "triplet" },
  ]) {
    const [whole, parts] = [await lossesOf(options), await lossesOf({ ...options, microBatchSize: 5 })];
    assertClose(parts, whole, { relative: 1e-5 }, JSON.stringify(Object.keys(options)));
  }
});

test("a plain encoder is saved with the pooling that it was trained with, and has its vectors again", async () => {
  for (const pooling of [undefined, "cls", "weightedmean"] as const) {
    const outputDir = join(temporaryDirectory(), "out");
    await using model = await tuned({ train: pairs, epochs: 1, outputDir, pooling });
    await using loaded = await loadModel(outputDir, { dtype: "float32" });
    assert.equal(loaded.task, "features");
    const texts = ["the film was good", "a story"];
    const predicted = await model.predict(texts);
    for (const [text, vector] of (await loaded.embed(texts)).entries())
      assertClose(vector, predicted[text]!.vector, { absolute: 1e-6 });
    const modules = JSON.parse(readFileSync(join(outputDir, "modules.json"), "utf8"));
    assert.equal(modules.length, 3);
  }
});

test("a model of vectors evaluates rows, where it is loaded as one", async () => {
  await using model = await loadModel(goldenPath("sentence/encoder"), {
    task: "embedding",
    dtype: "float32",
  });
  const { rows, accuracyAt1, mrrAt10, ndcgAt10 } = await model.evaluate(pairs);
  assert.equal(rows, 64);
  for (const figure of [accuracyAt1!, mrrAt10!, ndcgAt10!]) assert.ok(figure > 0 && figure <= 1);
  const { pearson, spearman } = await model.evaluate(scored);
  assert.ok(Number.isFinite(pearson) && Number.isFinite(spearman));
});

for (const [what, options, message] of [
  [
    "scores for a loss without",
    { train: scored, loss: "triplet" },
    /^Expected cosent or cosine-similarity, as the rows have scores, for loss but received "triplet"$/,
  ],
  [
    "a score that is no cosine",
    { train: [...scored.slice(0, 3), { ...scored[3]!, score: 5 }], loss: "cosine-similarity" },
    /^train, row 4: Expected a score from -1 to 1, as the loss cosine-similarity .* but received 5$/,
  ],
  [
    "scores that are all the same",
    { train: scored.map((row) => ({ ...row, score: 0.5 })) },
    /^training rows: Expected scores that differ, as the loss cosent compares them, but received 0.5 alone$/,
  ],
  [
    "a loss of scores without them",
    { train: pairs, loss: "cosent" },
    /^Expected a loss for rows without scores for loss but received "cosent"$/,
  ],
  [
    "triplets without negatives",
    { train: pairs, loss: "triplet" },
    /^Expected another loss for rows without one negative each for loss but received "triplet"$/,
  ],
  [
    "rows without a text to compare with",
    { train: rowsOf(4) },
    /^train, row 1: Expected a column named "positive" or "document" or "answer" or "sentence2" or "textPair" but received the columns "text", "label": name the right one with columns.textPair$/,
  ],
  [
    "rows without any text",
    { train: [{ a: "1" }] },
    /^train, row 1: Expected a column named "anchor" or "query" or "question" or "sentence1" or "text" but/,
  ],
  [
    "an empty text",
    { train: [{ anchor: "a", positive: " " }] },
    /^train, row 1: Expected a text in column "positive" but received an empty one$/,
  ],
  [
    "a score that is none",
    { train: [{ sentence1: "a", sentence2: "b", score: "high" }] },
    /^train, row 1: Expected a finite number in column "score" but received "high"$/,
  ],
  [
    "rows with fewer texts",
    {
      train: [
        { ...pairs[0], negatives: ["a", "b"] },
        { ...pairs[1], negatives: ["a"] },
      ],
    },
    /Expected 4 texts, as in the rows before, but received 3$/,
  ],
  [
    "more numbers than vectors have",
    { train: pairs, dims: [64] },
    /^Expected at most 32, the length of the model's vectors, for dims but received 64$/,
  ],
] as const) {
  test(`${what}: refused`, async () => {
    assert.match((await failureOf(tuned(options as object))).message, message);
  });
}

test("vectors are trained and evaluated through pooling and normalisation alone: a dense layer is refused by name", async () => {
  const folder = temporaryDirectory();
  for (const part of ["encoder", "dense"])
    cpSync(goldenPath(`sentence/${part}`), folder, { recursive: true });
  await using loaded = await loadModel(folder, { task: "embedding", device: "cpu", dtype: "float32" });
  for (const refused of [() => tuned({ model: folder, train: pairs }), () => loaded.evaluate(pairs)]) {
    const { code, message } = await failureOf(refused());
    assert.equal(code, "ERR_CHECKPOINT");
    assert.match(
      message,
      /^Expected pooling and normalisation alone in modules.json but received a dense layer/,
    );
  }
  const [{ vector }] = (await loaded.predict(["a film"])) as [{ vector: Float32Array }];
  assert.deepEqual([...vector], [...(await loaded.embed(["a film"]))[0]!]);
});
