import assert from "node:assert/strict";
import { test } from "node:test";
import {
  normalizedWords,
  squad2Metrics,
  squad2Scores,
  squadMetrics,
  squadScores,
  workingThreshold,
} from "../../../lib/tasks/question-answering/squad-metrics.js";
import { goldenJson } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

/** Prediction, right answers, then exact match and F1: of version 1.1 where there are answers, and of 2.0. */
type Question = [prediction: string, answers: string[], ...scores: number[]];

/** Numbers of questions, scores for having no answer, the threshold, and the official script's results. */
type QuestionSet = [
  rows: number[],
  noAnswerScores: number[],
  threshold: number,
  results: (number | undefined | null)[],
];

const golden = goldenJson<{ questions: Question[]; sets: QuestionSet[] }>("squad_metrics.json");

test("1,200 predictions have the exact match and F1 of the official scripts of both versions", () => {
  assert.equal(golden.questions.length, 1200);
  for (const [prediction, answers, ...scores] of golden.questions) {
    const own = [squad2Scores(prediction, answers)];
    if (answers.length > 0) own.unshift(squadScores(prediction, answers));
    const flat = own.flatMap(({ exactMatch, f1 }) => [exactMatch, f1]);
    assertClose(flat, scores, { relative: 1e-12 }, JSON.stringify([prediction, answers]));
  }
});

test("1,000 sets have the metrics, parts and best thresholds of the official script of version 2.0", () => {
  assert.equal(golden.sets.length, 1000);
  for (const [rows, noAnswerScores, threshold, results] of golden.sets) {
    const questions = rows.map((row, index) => {
      const [prediction, answers] = golden.questions[row]!;
      return { prediction, answers, noAnswerScore: noAnswerScores[index]! };
    });
    const own = squad2Metrics(questions, threshold);
    const flat = [own, own.hasAnswer, own.noAnswer].flatMap((part) =>
      part ? [part.exactMatch, part.f1, part.questions] : [null, null, null],
    );
    flat.push(own.bestExactMatch, own.bestExactMatchThreshold, own.bestF1, own.bestF1Threshold);
    const numbers = (values: readonly (number | null | undefined)[]) => values.map((value) => value ?? -1);
    // Sums of a few fractions, in the same order.
    assertClose(numbers(flat), numbers(results), { relative: 1e-12 }, JSON.stringify(questions));
  }
});

test("the metrics of version 1.1 are the means over all questions, in percent", () => {
  const rows = golden.questions.filter(([, answers]) => answers.length > 0);
  const mean = (column: number) =>
    (100 * rows.reduce((sum, row) => sum + (row[column] as number), 0)) / rows.length;
  const own = squadMetrics(rows.map(([prediction, answers]) => ({ prediction, answers })));
  assertClose([own.exactMatch, own.f1, own.questions], [mean(2), mean(3), rows.length], { relative: 1e-12 });
});

test("normalising takes off case, ASCII punctuation and articles, where Python sees a word's border", () => {
  const cases: [text: string, words: string[]][] = [
    ["The U.S. Navy's (first) ship", ["us", "navys", "first", "ship"]],
    ["a theatre, an Athenian", ["theatre", "athenian"]],
    ["¿Cuántos años?", ["¿cuántos", "años"]],
    ["bána ana ána a\u0301", ["bána", "ana", "ána", "\u0301"]], // a mark by itself is no part of a word
    ["one\u00a0two\u3000three\x1cfour\ufefffive", ["one", "two", "three", "four\ufefffive"]],
    ["« the »", ["«", "»"]],
    ["A THE an.", []],
  ];
  for (const [text, words] of cases) assert.deepEqual(normalizedWords(text), words);
});

test("at the best threshold the metrics are the best ones", () => {
  const scores = [-3, -1, 0.5, 2];
  const questions = golden.questions.slice(0, 400).map(([prediction, answers], index) => ({
    // The official search takes a prediction of punctuation alone for an answer, the official score does not.
    prediction: normalizedWords(prediction).length === 0 ? "lake" : prediction,
    answers,
    noAnswerScore: scores[index % 4]! + index / 1000, // no two are equal
  }));
  const { bestF1, bestF1Threshold, f1 } = squad2Metrics(questions, -100);
  const tuned = squad2Metrics(questions, bestF1Threshold);
  assert.ok(bestF1 > f1 + 5);
  assertClose([tuned.f1], [bestF1], { relative: 1e-12 });
});

test("where it is best to answer nothing, the official threshold of 0 is lowered until it does", () => {
  const row = (answers: string[], noAnswerScore: number) => ({ prediction: "lake", answers, noAnswerScore });
  const rows = [row([], -4), row([], -2), row(["mill"], 1)];
  const { bestF1, bestF1Threshold } = squad2Metrics(rows, 0);
  assert.equal(bestF1Threshold, 0);
  assertClose([bestF1, squad2Metrics(rows, 0).f1], [200 / 3, 0], { relative: 1e-12 });
  const working = workingThreshold(rows, "f1", bestF1Threshold);
  assert.equal(squad2Metrics(rows, working).f1, bestF1);

  const answered = [row(["lake"], -4), row([], -2)];
  const found = squad2Metrics(answered, 0);
  assert.equal(workingThreshold(answered, "exactMatch", found.bestExactMatchThreshold), -4);
  const positive = [row([], 2), row([], 3)];
  assert.equal(workingThreshold(positive, "f1", squad2Metrics(positive, 0).bestF1Threshold), 0);
});
