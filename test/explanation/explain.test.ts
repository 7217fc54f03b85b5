import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { gaussLegendre } from "../../lib/explanation/gauss-legendre.js";
import { explanationText } from "../../lib/explanation/text.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { loadSaved } from "../../lib/session/load-saved.js";
import type { TaskName } from "../../lib/tasks/find-spec.js";
import type { TaskModel } from "../../lib/tasks/task-model.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { settingsOf } from "../fine-tuning/settings.js";
import { rowsOf, tinyRun } from "../session/support.js";
import { goldenJson, goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";

interface Golden {
  attributions: number[];
  output: number;
  baseline: number;
  /** Captum's own error with so many steps. */
  delta: number;
}

const { steps, cases } = goldenJson<{ steps: number; cases: Record<string, Golden> }>("explanation.json");
const models: TaskModel[] = [];
after(() => {
  for (const model of models) model.dispose();
});

function load(name: string, task?: TaskName): Promise<TaskModel> {
  return loadFrom(goldenPath(name), task);
}

async function loadFrom(folder: string, task?: TaskName): Promise<TaskModel> {
  const { model } = await loadSaved(folder, { device: "cpu", dtype: "float32", task });
  models.push(model as TaskModel);
  return model as TaskModel;
}

/** A model of vectors, by the files of sentence-transformers. */
const loadLayout = (layout: string) => loadFrom(layoutFolder(layout), "embedding");

function layoutFolder(layout: string): string {
  const folder = temporaryDirectory();
  for (const part of ["encoder", layout]) cpSync(goldenPath(`sentence/${part}`), folder, { recursive: true });
  return folder;
}

const classifier = await load("tiny-bert");
const TEXT = "the film was good, never dull";

/** float32 in another order of adding up. */
const TOLERANCE = { absolute: 1e-4 };

function assertGolden(found: Awaited<ReturnType<TaskModel["explain"]>>, name: string): void {
  const { attributions, output, baseline, delta } = cases[name]!;
  assertClose([found.output, found.baseline], [output, baseline], TOLERANCE, name);
  assertClose(
    found.tokens.map(({ attribution }) => attribution),
    attributions,
    TOLERANCE,
    name,
  );
  assertClose([found.delta], [delta], TOLERANCE, name);
  assert.equal(found.steps, steps);
}

test("attributions are Captum's, of a label for a text and for a pair", async () => {
  const label = classifier.config.labels;
  assertGolden(await classifier.explain(TEXT, { target: label[2], steps }), "classification");
  const pair = ["the film was good", "a great story"] as const;
  const found = await classifier.explain(pair, { target: label[0], steps });
  assertGolden(found, "pair");
  assert.deepEqual(
    found.words.map(({ word, text }) => [word, text]),
    ["the", "film", "was", "good"]
      .map((word) => [word, 0])
      .concat(["a", "great", "story"].map((word) => [word, 1])),
  );
});

test("so are those of a word's tag", async () => {
  const tagger = await load("tiny-bert-tokens");
  const found = await tagger.explain("the film was good", { word: 1, target: "B-PER", steps });
  assertGolden(found, "tokens");
  assert.deepEqual([found.word, found.target], [1, "B-PER"]);
  const words = await tagger.explain(["the", "film", "was", "good"], { word: 1, target: "B-PER", steps });
  assert.deepEqual(words.tokens, found.tokens);
  const { word, target } = await tagger.explain("the film was good", { steps: 2 });
  assert.ok(word !== undefined && tagger.config.labels.includes(target as string));
  await assert.rejects(tagger.explain("the film", { word: 2 }), {
    message: "Expected the number of a word, of which there are 2, for word but received 2",
  });
});

test("those of an answer explain the logits of its start and end, which are the best ones", async () => {
  const answerer = await load("tiny-bert-questions");
  const input = { question: "what was good ?", context: "the film was good . the story was slow ." };
  const [{ answer }] = (await answerer.predict([input], {})) as [{ answer: string }];
  const found = await answerer.explain(input, {});
  assert.equal(found.target, answer);
  assert.ok(found.isComplete, `${found.delta} after ${found.steps} steps`);
  assert.equal(
    found.words
      .filter(({ text }) => text === 1)
      .map(({ word }) => word)
      .join(" "),
    input.context,
  );
  const computing = answerer.infer;
  answerer.infer = () => Promise.reject(new Error("computed before it was refused"));
  await assert.rejects(answerer.explain({ ...input, context: "good ".repeat(600) }, {}), {
    code: "ERR_DATA",
  });
  answerer.infer = computing;
});

test("attributions of a token at a mask are Captum's, and masks stay; by default the likeliest at the first mask is explained", async () => {
  const filler = await load("tiny-bert-pretraining");
  const text = "the [MASK] was [MASK] good";
  const found = await filler.explain(text, { target: "film", mask: 1, steps });
  assertGolden(found, "mask");
  assert.deepEqual([found.target, found.mask, found.isComplete], ["film", 1, true]);
  assert.deepEqual(
    found.words.map(({ word }) => word),
    ["the", "was", "good"],
  );
  const [masks] = (await filler.predict([text], { topK: 1 })) as [[[{ token: string }], unknown]];
  const likeliest = await filler.explain(text, { steps: 2 });
  assert.deepEqual([likeliest.target, likeliest.mask], [masks[0][0].token, 0]);
  await assert.rejects(filler.explain(text, { mask: 2 }), {
    code: "ERR_OPTION",
    message: "Expected the number of a mask, of which there are 2, for mask but received 2",
  });
  await assert.rejects(filler.explain(text, { target: "films" }), {
    code: "ERR_OPTION",
    message:
      'Expected a token of the model\'s vocabulary, as predict() gives them, for target but received "films"',
  });
  await assert.rejects(filler.explain("no gap", {}), { code: "ERR_DATA" });
});

const OTHER = "A slow, dull plot.";
const LAYOUTS = [
  ...["mean-normalize", "cls", "max-last", "sqrt-weighted", "dense", "residual-norm", "prompts"].map(
    (layout) => ({
      layout,
      role: undefined,
    }),
  ),
  { layout: "prompt-left-out", role: "query" },
] as const;
for (const { layout, role } of LAYOUTS) {
  test(`attributions of a similarity are Captum's through all of what sentence-transformers does: ${layout}`, async () => {
    const embedder = await loadLayout(layout);
    const settings = { comparedWith: OTHER, role, steps };
    const found = await embedder.explain("the film was good", settings);
    assertGolden(found, `similarity ${layout}`);
    assert.equal(found.similarity, embedder.features.similarityName);
    assert.deepEqual(
      found.words.map(({ word, start, end }) => [word, start, end]),
      [
        ["the", 0, 3],
        ["film", 4, 8],
        ["was", 9, 12],
        ["good", 13, 17],
      ],
    );
    const otherRole = role && "document";
    const [text] = await embedder.features.embed(["the film was good"], { role });
    const [other] = await embedder.features.embed([OTHER], { role: otherRole });
    const [alike] = embedder.features.similarity([text!.vector], [other!.vector]) as [Float32Array];
    assertClose([found.output], alike!, { absolute: 1e-5 }); // other orders of adding up
  });
}

test("a text that is cut, or compared with one that is, says so; one of several windows is refused", async () => {
  const [short, long] = ["a film", "good ".repeat(40)];
  const embedder = await loadLayout("old");
  for (const [text, comparedWith] of [
    [long, short],
    [short, long],
  ] as const)
    assert.equal((await embedder.explain(text, { comparedWith, steps: 2 })).truncated, true);
  assert.equal((await embedder.explain(short, { comparedWith: short, steps: 2 })).truncated, undefined);
  await assert.rejects(embedder.explain(short, {}), {
    code: "ERR_OPTION",
    message: "Expected the text that the input is compared with for comparedWith but received undefined",
  });
  const folder = layoutFolder("old");
  const config = join(folder, "config.json");
  const fields = { long_texts: "mean", doc_stride: 2 };
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, "utf8")), ...fields }));
  const reader = await loadFrom(folder, "embedding");
  await assert.rejects(reader.explain(long, { comparedWith: short }), {
    code: "ERR_DATA",
    message: "the text to explain: Expected at most 16 tokens, one window, but received more",
  });
  const found = await reader.explain(short, { comparedWith: long });
  assert.ok(found.isComplete && found.truncated === undefined);
});

test("by default what is predicted is explained, in as many steps as it takes: words add up to the difference", async () => {
  const found = await classifier.explain(TEXT, {});
  const [{ label }] = (await classifier.predict([TEXT], {})) as [{ label: string }];
  assert.equal(found.target, label);
  const sum = (parts: { attribution: number }[]) =>
    parts.reduce((total, { attribution }) => total + attribution, 0);
  assertClose(
    [sum(found.words), sum(found.tokens)],
    Array(2).fill(found.output - found.baseline + found.delta),
    { absolute: 1e-6 },
  );
  assert.ok(found.isComplete && found.steps >= 16);
  for (const { word, start, end } of found.words) assert.equal(TEXT.slice(start, end), word);
  const { isComplete, delta } = await classifier.explain(TEXT, { steps: 1 });
  assert.equal(isComplete, Math.abs(delta) <= Math.max(1e-3, 0.01 * Math.abs(found.output - found.baseline)));
});

test("regression, multi-label, reranking and multiple-choice have numbers to explain, too; a trained model learns on as before", async () => {
  const train = rowsOf(16);
  const scored = train.map(({ text, label }) => ({ text, score: label === "positive" ? 1 : 0 }));
  const { model } = await fineTune(settingsOf({ ...tinyRun, task: "regression", train: scored }), {
    emit() {},
  });
  models.push(model);
  const [{ score }] = (await model.predict([TEXT], {})) as [{ score: number }];
  const gradientsOf = () =>
    [...model.network.namedParameters()].map(([, { requiresGrad, grad }]) => [requiresGrad, grad]);
  const before = gradientsOf();
  const regression = await model.explain(TEXT, {});
  assert.deepEqual(gradientsOf(), before);
  assertClose([regression.output], [score], { absolute: 1e-5 });
  assert.equal(regression.target, null);
  await assert.rejects(model.explain(TEXT, { target: "a" }), {
    message: 'Expected no value, as a model for regression has one output alone, for target but received "a"',
  });
  const ranker = await load("cross-encoder", "reranking");
  const ranked = await ranker.explain({ query: "who ?", document: "the actor" }, {});
  assert.deepEqual(
    ranked.words.map(({ text }) => text),
    [0, 0, 1, 1],
  );
  assert.ok(ranked.isComplete);
});

test("nothing is left behind: no tensor, no gradient; an abort ends it between two batches", async () => {
  await classifier.explain(TEXT, { steps: 4 });
  const before = liveTensors();
  await classifier.explain(TEXT, { steps: 4 });
  assert.equal(liveTensors(), before);
  const parameters = [...classifier.network.namedParameters()].map(([, parameter]) => parameter);
  assert.ok(parameters.every(({ grad }) => grad === null));
  const controller = new AbortController();
  const aborted = classifier.explain("a film ".repeat(20), { steps: 500 }, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  assert.equal(liveTensors(), before);
});

test("a label that is not there, options of other tasks, and int8 are refused by name", async () => {
  await assert.rejects(classifier.explain(TEXT, { target: "good" }), {
    code: "ERR_OPTION",
    message: 'Expected one of negative, neutral, positive for target but received "good"',
  });
  await assert.rejects(classifier.explain(TEXT, { word: 1 }), {
    message: "Expected no value, as classification gives words no tags, for word but received 1",
  });
  await assert.rejects(classifier.explain(TEXT, { mask: 1 }), {
    message: "Expected no value, as classification fills no masks, for mask but received 1",
  });
  await assert.rejects(classifier.explain(TEXT, { comparedWith: "a" }), {
    message: 'Expected no value, as classification compares no vectors, for comparedWith but received "a"',
  });
  const { model } = await loadSaved(goldenPath("tiny-bert"), { device: "cpu", dtype: "int8" });
  models.push(model as TaskModel);
  await assert.rejects((model as TaskModel).explain(TEXT, {}), {
    message:
      'Expected "float32" or "bfloat16", which have gradients, for the dtype that the model of explain() is loaded with but received "int8"',
  });
});

test("Gauss and Legendre's points integrate polynomials exactly", () => {
  for (const count of [1, 2, 5, 20, 101]) {
    const { points, weights } = gaussLegendre(count);
    for (const degree of [0, 1, 2 * count - 1]) {
      const integral = points.reduce((sum, point, index) => sum + weights[index]! * point ** degree, 0);
      assertClose([integral], [1 / (degree + 1)], { relative: 1e-12 }, `${count} points, degree ${degree}`);
    }
  }
});

test("people see the words with what each adds, the most first, on a terminal in colours", () => {
  const words = [
    { word: "good", text: 0 as const, start: 0, end: 4, attribution: 1 },
    { word: "bad", text: 0 as const, start: 5, end: 8, attribution: -2 },
    { word: "a", text: 0 as const, start: 9, end: 10, attribution: 0.01 },
  ];
  const figures = {
    target: "positive",
    output: 0.5,
    baseline: 1.5,
    delta: 0.01,
    steps: 16,
    isComplete: true,
  };
  const plain = explanationText({ ...figures, tokens: [], words }, ["good bad a"], false);
  assert.equal(
    plain,
    [
      "the logit of positive is 0.5000; of padding alone 1.5000 (16 steps, 0.0100 unexplained)",
      "bad   -2.0000\ngood  +1.0000\na     +0.0100",
    ].join("\n\n"),
  );
  const coloured = explanationText({ ...figures, tokens: [], words }, ["good bad a"], true);
  assert.ok(
    coloured.includes("\u001b[48;5;28m\u001b[97mgood\u001b[0m \u001b[48;5;160m\u001b[97mbad\u001b[0m a"),
  );
});
