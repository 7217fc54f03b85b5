import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { preparedRows } from "./prepared.js";

/** The content and the lengths of training rows, as ranks compare them. */
async function readAs(
  task: string,
  train: Record<string, unknown>[],
): Promise<{ content: string; lengths: number[] }> {
  const options = { task, train, ...(task === "multi-label" && { labels: ["bad", "good"] }) };
  const { train: rows } = await preparedRows(options);
  return { content: JSON.stringify([...rows.content()]), lengths: [...rows.lengths] };
}

const text = "the film was good";
const question = { question: "what was good", context: text, answers: [{ text: "film", answerStart: 4 }] };
const other = { text: "the plot was bad", label: "bad" };
const tokens = text.split(" ");

/** Rows, and others of the same lengths: first with other words, then with something else that is right for them. */
const ROWS: [task: string, rows: Record<string, unknown>[], ...others: Record<string, unknown>[][]][] = [
  [
    "classification",
    [{ text, label: "good" }, other],
    [{ text: "the plot was good", label: "good" }, other],
    [
      { text, label: "bad" },
      { ...other, label: "good" },
    ],
  ],
  [
    "multi-label",
    [{ text, labels: ["good"] }],
    [{ text: other.text, labels: ["good"] }],
    [{ text, labels: ["bad"] }],
  ],
  ["regression", [{ text, score: 1 }], [{ text: other.text, score: 1 }], [{ text, score: 1.5 }]],
  [
    "token-classification",
    [{ tokens, tags: ["O", "B-THING", "O", "O"] }],
    [{ tokens: other.text.split(" "), tags: ["O", "B-THING", "O", "O"] }],
    [{ tokens, tags: ["O", "O", "O", "B-THING"] }],
  ],
  [
    "question-answering",
    [question],
    [{ ...question, question: "what was bad" }],
    [{ ...question, answers: [{ text: "good", answerStart: 13 }] }],
  ],
  [
    "multiple-choice",
    [{ context: text, choices: ["good", "bad"], label: 0 }],
    [{ context: other.text, choices: ["good", "bad"], label: 0 }],
    [{ context: text, choices: ["good", "bad"], label: 1 }],
  ],
  ["masked-words", [{ text }], [{ text: other.text }]],
];

test("of every task, rows of equal lengths with other words or other labels are told apart", async () => {
  for (const [task, rows, ...others] of ROWS) {
    const own = await readAs(task, rows);
    assert.deepEqual(await readAs(task, structuredClone(rows)), own);
    for (const changed of others) {
      const { content, lengths } = await readAs(task, changed);
      assert.deepEqual(lengths, own.lengths, task);
      assert.notEqual(content, own.content, JSON.stringify(changed));
    }
  }
});
