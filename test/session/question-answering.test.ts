import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type FineTuneEvent,
  type FineTuneOptionsByTask,
  fineTune,
  loadModel,
  type Model,
} from "../../lib/index.js";
import { inPython, withoutPython as skip } from "../support/python.js";
import { tasksWith } from "../support/tasks-with.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { questionsOf, tinyQuestions } from "./questions.js";
import { failureOf } from "./support.js";

const directory = temporaryDirectory();
const outputDir = join(directory, "tuned");
const doubtful = { noAnswerEvery: 5 };
const held = questionsOf(60, { first: 1001 });
const heldDoubtful = questionsOf(60, { first: 1001, ...doubtful });

/** Of questions that all have answers, and of questions of which every fifth has none. */
let sure: Model<"question-answering">;
let unsure: Model<"question-answering">;
before(async () => {
  sure = await fineTune({ ...tinyQuestions, train: questionsOf(120), epochs: 15 });
  unsure = await fineTune({
    ...tinyQuestions,
    train: questionsOf(120, doubtful),
    validation: heldDoubtful,
    epochs: 15,
    outputDir,
  });
});
after(async () => {
  await sure.dispose();
  await unsure.dispose();
});

test("a model learns to find answers, in long contexts too, and gives them as they stand in the context", async () => {
  const { exactMatch, f1, rows, windows } = await sure.evaluate(held);
  assert.ok(exactMatch >= 90 && f1 >= exactMatch, `exact match ${exactMatch}, F1 ${f1}`);
  assert.equal(rows, 60);
  assert.ok(windows >= 70);

  const predictions = await sure.predict(held);
  let right = 0;
  for (const [index, { answer, start, end, score, ...rest }] of predictions.entries()) {
    const { context, answers } = held[index]!;
    assert.equal(context.slice(start!, end!), answer);
    assert.ok(score > 0 && score <= 1);
    assert.deepEqual(rest, {});
    if (start === answers[0]!.answerStart && answer === answers[0]!.text) right++;
  }
  assert.equal((100 * right) / 60, exactMatch);
});

test("with nBest, the most probable answers follow, the one given first", async () => {
  const [prediction] = await sure.predict(held.slice(0, 1), { nBest: 5 });
  const { nBest, ...given } = prediction!;
  assert.equal(nBest!.length, 5);
  assert.deepEqual(nBest![0], given);
  const scores = nBest!.map(({ score }) => score);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
});

test("with maxAnswerLength, no answer has more tokens", async () => {
  const longest = async (maxAnswerLength: number) => {
    const predictions = await sure.predict(held, { maxAnswerLength });
    return Math.max(...predictions.map(({ answer }) => answer!.split(" ").length));
  };
  assert.equal(await longest(2), 2);
  assert.equal(await longest(1), 1);
});

test("what was trained on questions without an answer says so, by the threshold that was best on the validation rows", async () => {
  const { metrics } = unsure.training!;
  const evaluation = await unsure.evaluate(heldDoubtful);
  assert.ok(evaluation.f1 >= 85, `F1 ${evaluation.f1}`);
  assert.equal(evaluation.f1, metrics!.bestF1);
  assert.equal(evaluation.bestF1Threshold, metrics!.bestF1Threshold);
  assert.deepEqual([evaluation.hasAnswerRows, evaluation.noAnswerRows], [48, 12]);

  const predictions = await unsure.predict(heldDoubtful);
  const none = predictions.filter(({ answer }) => answer === null);
  assert.ok(none.length >= 6 && none.length <= 18, `${none.length} without an answer`);
  for (const { start, end, score } of none) {
    assert.deepEqual([start, end], [null, null]);
    assert.ok(score > 0 && score <= 1);
  }
});

test("a threshold of the caller's own decides instead, also for a model that always gives an answer", async () => {
  for (const model of [sure, unsure]) {
    const answersWith = async (noAnswerThreshold: number) =>
      (await model.predict(heldDoubtful, { noAnswerThreshold })).filter(({ answer }) => answer !== null)
        .length;
    assert.equal(await answersWith(1000), 60);
    assert.equal(await answersWith(-1000), 0);
  }
  assert.ok((await sure.predict(heldDoubtful)).every(({ answer }) => answer !== null));
});

test("a model that always answers is measured on questions without an answer, with what a threshold would give", async () => {
  const evaluation = await sure.evaluate(heldDoubtful);
  assert.equal(evaluation.noAnswerF1, 0);
  assert.ok(Math.abs(evaluation.f1 - 0.8 * evaluation.hasAnswerF1!) < 1e-9);
  assert.ok(evaluation.bestF1! >= evaluation.f1);
});

test("a saved model keeps its threshold, windows and lengths, and gives the same", async () => {
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual(config.architectures, ["BertForQuestionAnswering"]);
  assert.equal(config.no_answer_threshold, unsure.training!.metrics!.bestF1Threshold);
  assert.deepEqual([config.doc_stride, config.max_answer_length], [10, 30]);

  await using loaded = await loadModel(outputDir, { dtype: "float32" });
  assert.equal(loaded.task, "question-answering");
  assert.deepEqual(await loaded.predict(heldDoubtful), await unsure.predict(heldDoubtful));
  assert.deepEqual(await loaded.evaluate(heldDoubtful), await unsure.evaluate(heldDoubtful));
});

test("a checkpoint that answers questions goes on with its vectors", async () => {
  await using further = await fineTune({
    ...tinyQuestions,
    model: outputDir,
    train: questionsOf(120, doubtful),
  });
  const [first] = further.history!.steps;
  assert.ok(first!.loss < 1, `first loss ${first!.loss}`); // guessing one of 20 tokens has 3
});

test("answers that are elsewhere or nowhere in their contexts are counted and noticed", async () => {
  const [a, b, c, ...others] = questionsOf(40);
  const shifted = (row: typeof a) => ({
    ...row!,
    answers: row!.answers.map(({ text, answerStart }) => ({ text, answerStart: answerStart + 1 })),
  });
  const lost = { ...c!, answers: [{ text: "excellent", answerStart: 3 }] };
  const rows = [shifted(a), shifted(b), lost, ...others];
  const messages: string[] = [];
  const onProgress = (event: FineTuneEvent) => {
    if (event.type === "notice") messages.push(event.message);
  };
  await using model = await fineTune({ ...tinyQuestions, train: rows, maxQuestionLength: 5, onProgress });
  assert.deepEqual(messages, [
    "train: questions passed over in training, as their contexts do not have their answers: 1",
    "train: answers that do not stand where answer_start says, taken from the nearest place that has them: 2",
    "train: questions cut to 5 tokens: 40",
  ]);
  const { movedAnswers, lostAnswers, cutQuestions, rows: counted } = await model.evaluate(rows);
  assert.deepEqual(
    { movedAnswers, lostAnswers, cutQuestions, counted },
    { movedAnswers: 2, lostAnswers: 1, cutQuestions: 40, counted: 40 },
  );
});

test("the loss of an evaluation is the training's", async () => {
  const plain = join(directory, "plain");
  await unsure.save(plain);
  const path = join(plain, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  const dropout = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
  writeFileSync(path, JSON.stringify({ ...config, ...dropout }));
  // One update with all windows, at a rate that changes nothing.
  const rows = questionsOf(30, doubtful);
  const settings = { ...tinyQuestions, model: plain, batchSize: 100, learningRate: 1e-30 };
  await using model = await fineTune({ ...settings, train: rows, validation: rows });
  const { metrics, history } = model.training!;
  assertClose([metrics!.loss], [history.steps[0]!.loss], { absolute: 1e-5 });
});

test("options and rows that do not fit are one error each", async () => {
  const train = questionsOf(12);
  const cases: [
    options: Partial<FineTuneOptionsByTask["question-answering"]>,
    code: string,
    message: string,
  ][] = [
    [
      // @ts-expect-error question-answering has no labels
      { labels: ["a", "b"] },
      "ERR_OPTION",
      'Unknown option "labels" for task "question-answering": it belongs to "classification" and "multi-label" and "token-classification"',
    ],
    [
      // @ts-expect-error question-answering has no columns
      { columns: { text: "body" } },
      "ERR_OPTION",
      `Unknown option "columns" for task "question-answering": it belongs to ${tasksWith("columns")}`,
    ],
    [
      { docStride: 29 },
      "ERR_OPTION",
      "Expected at most 28, with maxSeqLength 32, for docStride but received 29",
    ],
    [
      { train: [{ ...train[0]!, answers: [{ text: "excellent", answerStart: 3 }] }] },
      "ERR_DATA",
      "training rows: Expected at least one question whose answer is in its context but received none",
    ],
    [
      { train: [train[0]!, { ...train[0]!, question: "was it ? ".repeat(8) }] },
      "ERR_DATA",
      "train, row 2: Expected a question of at most 18 tokens (its windows of 32 overlap by 10) but received 24 tokens",
    ],
    [
      { metric: "accuracy" },
      "ERR_OPTION",
      'Expected one of f1, exactMatch, bestF1, bestExactMatch, hasAnswerF1, hasAnswerExactMatch, noAnswerF1, noAnswerExactMatch, loss for metric but received "accuracy"',
    ],
  ];
  for (const [options, code, message] of cases) {
    const error = await failureOf(fineTune({ ...tinyQuestions, train, validation: train, ...options }));
    assert.deepEqual([error.code, error.message], [code, message]);
  }
  const other = {
    ...tinyQuestions,
    task: "classification",
    train: [{ text: "a", label: "b" }],
    maxAnswerLength: 8,
  } as const;
  const error = await failureOf(fineTune(other));
  assert.equal(
    error.message,
    'Unknown option "maxAnswerLength" for task "classification": it belongs to "question-answering"',
  );
});

test("inputs and options of predict that do not fit are one error each", async () => {
  const [row] = held;
  const cases: [call: () => Promise<unknown>, message: string][] = [
    [
      () => sure.predict(["a text"] as never),
      'Expected {question: "...", context: "..."} for inputs.0 but received "a text"',
    ],
    [
      () => sure.predict([row!, { question: "a" }] as never),
      `Expected {question: "...", context: "..."} for inputs.1 but received { question: 'a' }`,
    ],
    [() => sure.predict([row!], { nBest: 0 }), "Expected a value above 0 for nBest but received 0"],
    [() => sure.predict([row!], { nbest: 3 } as never), 'Unknown option "nbest": did you mean nBest?'],
    [
      () => sure.predict([row!, { question: "was it ? ".repeat(8), context: "so ".repeat(30) }]),
      "inputs.1: Expected a question of at most 18 tokens (its windows of 32 overlap by 10) but received 24 tokens",
    ],
    [
      () => sure.evaluate(held, { columns: { text: "body" } as never }),
      'Unknown option "columns": the options are labels, token, cacheDir, localFilesOnly, signal',
    ],
  ];
  for (const [call, message] of cases) assert.equal((await failureOf(call())).message, message);
});

test("no inputs have no predictions, and an empty context has no answer", async () => {
  assert.deepEqual(await sure.predict([]), []);
  const [empty] = await sure.predict([{ question: "was it ?", context: "" }]);
  assert.deepEqual(empty, { answer: null, start: null, end: null, score: 0 });
});

/** The best of the 20 most probable starts and ends, with its probability among the 20 best pairs. */
const PREDICT_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModelForQuestionAnswering.from_pretrained(sys.argv[1]).eval()
assert type(model).__name__ == "BertForQuestionAnswering"
answers = []
with torch.no_grad():
    for row in json.load(sys.stdin):
        encoding = tokenizer(row["question"], row["context"], return_offsets_mapping=True, return_tensors="pt")
        offsets, sequences = encoding.pop("offset_mapping")[0].tolist(), encoding.sequence_ids(0)
        output = model(**encoding)
        start, end = output.start_logits[0], output.end_logits[0]
        tops = [side.topk(min(20, len(offsets))).indices.tolist() for side in (start, end)]
        pairs = [(s, e) for s in tops[0] for e in tops[1] if sequences[s] == sequences[e] == 1 and s <= e < s + 30]
        pairs = sorted(pairs, key=lambda pair: -(start[pair[0]] + end[pair[1]]).item())[:20]
        scores = torch.stack([start[s] + end[e] for s, e in pairs]).softmax(0)
        answers.append({"start": offsets[pairs[0][0]][0], "end": offsets[pairs[0][1]][1], "score": scores[0].item()})
print(json.dumps(answers))
`;

test("transformers loads a fine-tuned directory and finds the same answers", { skip }, async () => {
  const saved = join(directory, "sure");
  await sure.save(saved);
  const rows = held.filter(({ context }) => context.length < 80); // one window
  assert.ok(rows.length > 40);
  type Found = { start: number; end: number; score: number };
  const [found] = await inPython<Found[]>(PREDICT_IN_PYTHON, [saved], rows);
  const theirs = found!;
  const ours = await sure.predict(rows);
  assert.deepEqual(
    ours.map(({ start, end }) => [start, end]),
    theirs.map(({ start, end }) => [start, end]),
  );
  // float32 in another order of additions; the logits are near 10.
  assertClose(
    ours.map(({ score }) => score),
    theirs.map(({ score }) => score),
    { absolute: 1e-4 },
  );
});
