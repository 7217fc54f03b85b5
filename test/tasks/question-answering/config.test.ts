import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultDocStride } from "../../../lib/features/doc-stride.js";
import {
  configFields,
  type QuestionConfig,
  storedConfig,
} from "../../../lib/tasks/question-answering/config.js";

/** A checkpoint with these fields in its config.json. */
function checkpoint(fields: Record<string, unknown>) {
  return { source: "runs/a/config.json", json: fields };
}

test("a model's own fields come back from config.json as they went in", () => {
  const all: QuestionConfig[] = [
    { labels: [], docStride: 0, maxQuestionLength: 64, maxAnswerLength: 12, noAnswerThreshold: -1.5 },
    { labels: [], docStride: 7, maxQuestionLength: undefined, maxAnswerLength: 30, noAnswerThreshold: null },
  ];
  for (const config of all) {
    const json = JSON.parse(JSON.stringify(configFields(config)));
    assert.deepEqual(storedConfig(checkpoint(json), 384), config);
  }
});

test("a model that transformers saved has the defaults, and always gives an answer", () => {
  assert.deepEqual(storedConfig(checkpoint({}), 384), {
    labels: [],
    docStride: 128,
    maxQuestionLength: undefined,
    maxAnswerLength: 30,
    noAnswerThreshold: null,
  });
});

test("windows share 128 tokens, short ones a third", () => {
  assert.deepEqual([512, 384, 128, 32, 3].map(defaultDocStride), [128, 128, 42, 10, 1]);
});

test("a field that is none is named with its file", () => {
  assert.throws(() => storedConfig(checkpoint({ doc_stride: "wide" }), 384), {
    code: "ERR_CHECKPOINT",
    message: /^runs\/a\/config\.json: Expected a finite number for doc_stride but received "wide"$/,
  });
});
