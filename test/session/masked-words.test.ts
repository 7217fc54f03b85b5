import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fillMask, fineTune, loadModel, type Model } from "../../lib/index.js";
import { alterCheckpoint } from "../support/checkpoints.js";
import { goldenPath } from "../support/golden.js";
import { inPython, withoutPython } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, TINY, tinyRun } from "./support.js";

/** The tiny model with both pre-training heads: pooler and next-sentence head have no part in this task. */
const PRETRAINED = goldenPath("tiny-bert-pretraining");

const options = {
  task: "masked-words",
  model: PRETRAINED,
  maxSeqLength: 24,
  batchSize: 16,
  epochs: 12,
  learningRate: 5e-3,
  seed: 3,
  dtype: "float32",
} as const;

const directory = temporaryDirectory();
const saved = join(directory, "adapted");
const textsOf = (count: number, first = 0) => rowsOf(count, first).map(({ text }) => text);
const held = textsOf(40, 1001).map((text) => ({ text }));
const masked = ["the film of the [MASK] was good", "the [MASK] of the cast [MASK] bad"];

let model: Model<"masked-words">;
before(async () => {
  const path = join(directory, "own.txt");
  writeFileSync(path, `${textsOf(160).join("\n")}\n`);
  model = await fineTune({ ...options, train: path, validation: held, outputDir: saved });
});
after(() => model?.dispose());

test("training on own text makes its masked words easier to find", async () => {
  await using original = await loadModel(PRETRAINED, { task: "masked-words", dtype: "float32" });
  const [before, now] = [await original.evaluate(held), model.training!.metrics!];
  assert.equal(before.maskedWords, now.maskedWords, "both are asked for the same words");
  assert.ok(before.perplexity > 80, `before: ${before.perplexity}`); // of 114 pieces
  assert.ok(now.perplexity < 12, `now: ${now.perplexity}`);
  assert.ok(now.maskedAccuracy > before.maskedAccuracy + 0.3, `accuracy ${now.maskedAccuracy}`);
  assert.ok(Math.abs(Math.exp(now.loss) - now.perplexity) < 1e-9);
});

test("an evaluation asks for the same words every time, about 15 % of them", async () => {
  const { rows, maskedWords, emptyTexts, report: _, ...figures } = await model.evaluate(held);
  const { report: _of, ...trained } = model.training!.metrics!; // which name the validation rows otherwise
  assert.deepEqual({ rows, maskedWords, emptyTexts, ...figures }, trained);
  const tokens = textsOf(40, 1001).reduce((sum, text) => sum + text.split(" ").length, 0);
  assert.ok(maskedWords >= 0.1 * tokens && maskedWords <= 0.2 * tokens, `${maskedWords} of ${tokens}`);
  assert.deepEqual([rows, emptyTexts], [40, 0]);
});

test("a word that was not found is shown by [MASK] in its text, the most surprising first", async () => {
  const { report, maskedAccuracy, maskedWords } = await model.evaluate(held);
  const { worstMistakes } = report;
  assert.equal(worstMistakes.length, Math.min(20, Math.round((1 - maskedAccuracy) * maskedWords)));
  assert.ok(worstMistakes.length > 1, "without mistakes this would show little");
  for (const { text, location, expected, predicted } of worstMistakes) {
    const row = Number(/^source, row (\d+)$/.exec(location)![1]);
    const whole = text.replace("[MASK]", expected).replaceAll(" ##", "");
    assert.equal(whole, held[row - 1]!.text);
    assert.notEqual(predicted, expected);
  }
  const losses = worstMistakes.map(({ loss }) => loss);
  assert.deepEqual(
    losses,
    [...losses].sort((a, b) => b - a),
  );
});

test("predict gives for each mask its likeliest tokens, as fillMask does with the saved directory", async () => {
  const predictions = await model.predict(masked, { topK: 3 });
  assert.deepEqual(
    predictions.map((masks) => masks.map((tokens) => tokens.length)),
    [[3], [3, 3]],
  );
  const [, wasOf] = predictions[1]!;
  assert.equal(wasOf![0]!.token, "was");
  assert.ok(wasOf![0]!.score > wasOf![1]!.score && wasOf![1]!.score > wasOf![2]!.score);
  assert.deepEqual(await fillMask({ model: saved, texts: masked, topK: 3, dtype: "float32" }), predictions);
  const all = await model.predict(masked.slice(0, 1), { topK: 1000 });
  assert.equal(all[0]![0]!.length, 114, "no more than there are");
  assert.ok(Math.abs(all[0]![0]!.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-5);
  assert.equal((await model.predict(masked))[0]![0]!.length, 5);
});

test("overlapping calls with different topK get what each gets alone", async () => {
  const ask = (topK: number) => model.predict(masked, { topK });
  const together = await Promise.all([ask(2), ask(4), ask(2)]);
  assert.deepEqual(
    together.map((texts) => texts.map((masks) => masks.map((tokens) => tokens.map(({ token }) => token)))),
    [2, 4, 2].map((topK) =>
      together[1]!.map((masks) => masks.map((tokens) => tokens.slice(0, topK).map(({ token }) => token))),
    ),
  );
});

test("a saved model predicts the same, bit for bit, after loadModel", async () => {
  await using loaded = await loadModel(saved, { dtype: "float32", task: "masked-words" });
  assert.deepEqual(await loaded.predict(masked), await model.predict(masked));
});

test("the saved directory is a model to fine-tune for classification", async () => {
  const tuned = { ...tinyRun, train: rowsOf(90), epochs: 10, validation: rowsOf(40, 1001) };
  await using classifier = await fineTune({ ...tuned, model: saved });
  assert.ok(classifier.training!.metrics!.accuracy >= 0.9, `${classifier.training!.metrics!.accuracy}`);
});

test("texts longer than the model reads are cut into windows and counted; empty ones are left out and counted", async () => {
  const notices: string[] = [];
  let rows = 0;
  let steps = 0;
  const long = "the film was good ".repeat(20); // 80 tokens: four windows of 22
  await using tuned = await fineTune({
    ...options,
    train: [{ text: long }, { text: "" }, { text: "a story" }],
    batchSize: 1,
    epochs: 1,
    onProgress(event) {
      if (event.type === "notice") notices.push(event.message);
      if (event.type === "start") [rows, steps] = [event.rows, event.totalSteps];
    },
  });
  assert.deepEqual(notices, [
    "train: texts longer than 24 tokens, cut into windows: 1",
    "train: empty texts, left out: 1",
  ]);
  assert.deepEqual([rows, steps], [3, 5]);
  assert.ok(Number.isFinite(tuned.training!.trainLoss));
});

test("the text's column can be named, and whole words masked; a window without a word to mask harms nothing", async () => {
  const train = [{ body: "xylophones" }, { body: "the film was good" }]; // the first is one word of ten pieces
  const call = { ...options, train, columns: { text: "body" }, wholeWord: true, batchSize: 1, epochs: 2 };
  await using tuned = await fineTune(call); // at most 4 predictions of 24 tokens
  const losses = tuned.history!.steps.map(({ loss }) => loss);
  assert.equal(losses.filter((loss) => loss === 0).length, 2, `${losses}`);
  assert.equal(losses.filter((loss) => loss > 0).length, 2);
});

test("other rates mask other shares", async () => {
  const words = async (maskRate?: number) => {
    await using tuned = await fineTune({ ...options, train: held, validation: held, epochs: 1, maskRate });
    return tuned.training!.metrics!.maskedWords;
  };
  const [usual, many] = [await words(), await words(0.4)];
  assert.ok(many > 2 * usual && many < 3.5 * usual, `${usual}, ${many}`);
});

test("masks are new in every epoch and follow the seed; micro-batches change nothing but the order of additions", async () => {
  const losses = async (more: object) => {
    const run = { ...options, train: held, epochs: 3, batchSize: 40, learningRate: 1e-9, ...more };
    await using tuned = await fineTune(run);
    return tuned.history!.steps.map(({ loss }) => loss);
  };
  const first = await losses({});
  assert.equal(new Set(first).size, 3);
  assert.deepEqual(await losses({}), first);
  assert.notDeepEqual(await losses({ seed: 4 }), first);
  for (const [step, loss] of (await losses({ microBatchSize: 7 })).entries())
    assert.ok(Math.abs(loss - first[step]!) < 1e-5);
});

test("an encoder without a masked-word head gets a new one, and it is said", async () => {
  const notices: string[] = [];
  await using tuned = await fineTune({
    ...options,
    model: TINY,
    train: held,
    epochs: 1,
    onProgress: (event) => event.type === "notice" && notices.push(event.message),
  });
  assert.deepEqual(notices, ["the checkpoint has no masked-word head: it gets a new one"]);
  assert.equal((await tuned.predict(masked))[1]!.length, 2);
});

test("bad texts, inputs, options and checkpoints are one error each", async () => {
  const messageOf = async (call: Promise<unknown>, code: string) => {
    const error = await failureOf(call);
    assert.equal(error.code, code, error.message);
    return error.message;
  };
  assert.equal(
    await messageOf(fineTune({ ...options, train: [{ text: " " }] }), "ERR_DATA"),
    "train: Expected at least one text with a word in it but received 1 empty ones",
  );
  assert.equal(
    await messageOf(fineTune({ ...options, train: [{ text: "a" }, { text: 1 }] }), "ERR_DATA"),
    'train, row 2: Expected a string in column "text" but received 1',
  );
  assert.equal(
    // @ts-expect-error classification masks no words
    await messageOf(fineTune({ ...tinyRun, train: rowsOf(8), wholeWord: true }), "ERR_OPTION"),
    'Unknown option "wholeWord" for task "classification": it belongs to "masked-words"',
  );
  assert.equal(
    await messageOf(model.predict(["[MASK] film", "a film"]), "ERR_DATA"),
    'Expected a text with [MASK] in it but received "a film"',
  );
  const late = `[MASK] ${"film ".repeat(40)}[MASK]`;
  assert.match(
    await messageOf(model.predict([late]), "ERR_DATA"),
    /^Expected every \[MASK\] within the first 24/,
  );
  assert.equal(
    await messageOf(model.predict([["a", "[MASK]"] as never]), "ERR_OPTION"),
    "Expected a string for inputs.0 but received an array of 2 elements",
  );
  assert.match(await messageOf(model.predict(masked, { topK: 0 }), "ERR_OPTION"), /topK/);

  const folder = temporaryDirectory();
  cpSync(PRETRAINED, folder, { recursive: true });
  rmSync(join(folder, "model.safetensors"));
  alterCheckpoint("tiny-bert-pretraining", folder, (tensors) => tensors.delete("cls.predictions.bias"));
  assert.match(await messageOf(loadModel(folder), "ERR_CHECKPOINT"), /missing: cls\.predictions\.bias/);
});

const FILL_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForMaskedLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model, report = AutoModelForMaskedLM.from_pretrained(sys.argv[1], output_loading_info=True)
model.eval()
texts = []
with torch.no_grad():
    for text in json.load(sys.stdin):
        encoded = tokenizer(text, return_tensors="pt")
        places = encoded["input_ids"][0] == tokenizer.mask_token_id
        best = model(**encoded).logits[0, places].softmax(-1).topk(5)
        texts.append([
            [{"token": token, "score": score} for token, score in zip(tokenizer.convert_ids_to_tokens(ids), scores)]
            for ids, scores in zip(best.indices.tolist(), best.values.tolist())
        ])
problems = {kind: sorted(map(str, names)) for kind, names in report.items() if names}
print(json.dumps([type(model).__name__, problems, texts]))
`;

test("transformers loads the directory under the right class and fills masks the same", {
  skip: withoutPython,
}, async () => {
  const { architectures } = JSON.parse(readFileSync(join(saved, "config.json"), "utf8"));
  assert.deepEqual(architectures, ["BertForMaskedLM"]);
  type Filled = [string, object, { token: string; score: number }[][][]];
  const [filled] = await inPython<Filled>(FILL_IN_PYTHON, [saved], masked);
  const [architecture, problems, theirs] = filled!;
  assert.deepEqual([architecture, problems], ["BertForMaskedLM", {}]);
  const ours = await model.predict(masked);
  for (const [text, masks] of ours.entries()) {
    for (const [mask, tokens] of masks.entries()) {
      for (const [rank, { token, score }] of tokens.entries()) {
        const { token: theirToken, score: theirScore } = theirs[text]![mask]![rank]!;
        assert.equal(token, theirToken);
        // float32 in another order of additions; the logits are near 10.
        assert.ok(Math.abs(score - theirScore) < 2e-5);
      }
    }
  }
});
