import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { judgedLabelSets, rowScore } from "../../lib/inspection/judged-label-sets.js";
import { judgedTags } from "../../lib/inspection/judged-tags.js";
import { MinHash } from "../../lib/inspection/min-hash.js";
import { RowStore } from "../../lib/inspection/row-store.js";
import { inspectData } from "../../lib/session/inspect-data.js";
import type { InspectedRow } from "../../lib/tasks/inspection.js";
import { rowsOf, TINY, tinyRun } from "../session/support.js";
import { goldenJson } from "../support/golden.js";
import { taggedRows, tinyTagging } from "../support/tagged-rows.js";

interface Golden {
  labels: number[];
  probabilities: number[][];
  suspects: number[];
  sets: { labels: number[][]; probabilities: number[][]; suspects: number[]; scores: number[] };
  sentences: number[];
}

const golden = goldenJson<Golden>("confident_learning.json");

/** What judges see of rows: their numbers as locations. */
function judgedRows(rows: readonly Omit<InspectedRow, "location">[]) {
  const located = rows.map((row, index) => ({ ...row, location: `row ${index}` }));
  const store = new RowStore(new MinHash(1));
  for (const row of located) store.add(row);
  return { rows: located, store, folds: 2 };
}

const rowOf = ({ location }: { location: string }) => Number(location.slice("row ".length));
const byNumber = (a: number, b: number) => a - b;

test("the suspected rows of several labels, and the scores of all, are cleanlab's", () => {
  const { labels, probabilities, suspects, scores } = golden.sets;
  const names = ["a", "b", "c"];
  const rows = judgedRows(labels.map((own) => ({ inputs: ["x"], labels: own.map((id) => names[id]!) })));
  const judged = judgedLabelSets(probabilities, names, rows);
  assert.deepEqual(judged.suspects.map(rowOf).sort(byNumber), suspects);
  for (const { margin, ...suspect } of judged.suspects)
    assert.ok(Math.abs(margin - scores[rowOf(suspect)]!) < 1e-9);
  for (const [row, own] of probabilities.entries()) {
    const confidences = own.map((p, id) => (labels[row]!.includes(id) ? p : 1 - p));
    assert.ok(Math.abs(rowScore(confidences) - scores[row]!) < 1e-9, `row ${row}`);
  }
  for (const [index, { labels, suggested, probability }] of judged.suspects.entries()) {
    assert.notDeepEqual(labels, suggested);
    assert.ok(probability < 0.5);
    assert.ok(index === 0 || judged.suspects[index - 1]!.margin <= judged.suspects[index]!.margin);
  }
});

test("a sentence is suspected for its words, once, and is as good as its worst one, as in cleanlab", () => {
  const sentences = Array.from({ length: 30 }, (_, row) => ({
    inputs: ["x"],
    tagged: { words: Array.from({ length: 10 }, (_, word) => `w${10 * row + word}`), tags: [] },
  }));
  const words = golden.labels.map((label, index) => ({
    part: index % 10,
    label,
    probabilities: golden.probabilities[index]!,
  }));
  const bySentence = sentences.map((_, row) => words.slice(10 * row, 10 * row + 10));
  const { suspects } = judgedTags(bySentence, ["O", "A", "B", "C"], judgedRows(sentences));
  const doubted = new Set(golden.suspects.map((word) => Math.floor(word / 10)));
  assert.deepEqual(suspects.map(rowOf).sort(byNumber), [...doubted].sort(byNumber));
  for (const suspect of suspects) {
    const row = rowOf(suspect);
    assert.ok(Math.abs(suspect.margin - golden.sentences[row]!) < 1e-9, `row ${row}`);
    assert.equal(suspect.word, `w${10 * row + suspect.wordIndex}`);
    const own = golden.suspects.filter((word) => Math.floor(word / 10) === row);
    assert.equal(suspect.suspectedWords, own.length);
    assert.ok(own.includes(10 * row + suspect.wordIndex));
  }
});

const found = (suspects: readonly { location: string }[]) =>
  suspects.map(({ location }) => Number(/\d+$/.exec(location)![0]) - 1);

test("a label that a row should not have, or lacks, is found and named", async () => {
  const wrong = [12, 41];
  const data = rowsOf(90).map(({ text, label }, row) => ({
    text,
    labels: (label === "positive") === wrong.includes(row) ? [] : ["praise"],
  }));
  const run = { ...tinyRun, task: "multi-label", epochs: 20 } as const;
  const { labelErrors, findings } = await inspectData({ ...run, data, findLabelErrors: true, folds: 3 });
  assert.ok(labelErrors?.of === "label-sets");
  const { suspects, labels, thresholds, confidentJoints } = labelErrors;
  assert.deepEqual([labels, thresholds.length, confidentJoints.length], [["praise"], 1, 1]);
  assert.ok(suspects.length < 20, `${suspects.length} suspects`);
  for (const row of wrong) {
    const own = suspects[found(suspects).indexOf(row)];
    assert.ok(own, `row ${row} is not among ${found(suspects)}`);
    assert.deepEqual([own.labels, own.suggested], row === 12 ? [[], ["praise"]] : [["praise"], []]);
  }
  const { count, examples } = findings.find(({ kind }) => kind === "wrong-label")!;
  assert.equal(count, suspects.length);
  assert.match(
    examples[0]!.detail,
    /^labelled (nothing|"[^(]*") \(probability 0\.\d{3}\), rather .* \(0\.\d{3}\)$/,
  );
});

test("tags that look wrong are found with their words; a text with entities has no tags to judge", async () => {
  const rows = taggedRows(200);
  const wrong = rows.findIndex(({ tags }, row) => row > 20 && tags.some((tag) => tag.startsWith("B-")));
  const place = rows[wrong]!.tags.findIndex((tag) => tag.startsWith("B-"));
  const tags = rows[wrong]!.tags.map((tag, word) =>
    word === place || (word > place && tag.startsWith("I-")) ? "O" : tag,
  );
  const data = rows.with(wrong, { ...rows[wrong]!, tags });
  const run = { ...tinyTagging, epochs: 15, findLabelErrors: true, folds: 2 } as const;
  const { labelErrors } = await inspectData({ ...run, data });
  assert.ok(labelErrors?.of === "tags");
  assert.ok(labelErrors.labels.includes("O"));
  const rank = found(labelErrors.suspects).indexOf(wrong);
  assert.ok(rank >= 0 && rank < 10, `of ${found(labelErrors.suspects)}`);
  const own = labelErrors.suspects[rank]!;
  assert.deepEqual([own.label, own.word], ["O", rows[wrong]!.tokens[own.wordIndex]]);
  assert.equal(own.suggested, rows[wrong]!.tags[own.wordIndex]);
  const spans = [{ text: "Anna left", entities: [{ start: 0, end: 4, label: "person" }] }];
  await assert.rejects(inspectData({ ...run, data: spans, model: TINY }), {
    code: "ERR_DATA",
    message: /row 1: Expected words with their tags, which findLabelErrors judges, but received a text/,
  });
});
