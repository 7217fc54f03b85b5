import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBertConfig } from "../../../lib/models/bert-config.js";
import type { Checkpoint } from "../../../lib/tasks/checkpoint.js";
import {
  defaultDocStride,
  type QuestionSettings,
  readSettings,
  settingsFields,
} from "../../../lib/tasks/question-answering/settings.js";

/** A checkpoint with these fields in its config.json. */
function checkpoint(fields: object): Checkpoint {
  return { directory: "runs/a", config: parseBertConfig(fields, "config.json"), tokenizer: null as never };
}

test("settings come back from config.json as they went in", () => {
  const all: QuestionSettings[] = [
    { docStride: 0, maxQuestionLength: 64, maxAnswerLength: 12, noAnswerThreshold: -1.5 },
    { docStride: 7, maxQuestionLength: undefined, maxAnswerLength: 30, noAnswerThreshold: null },
  ];
  for (const settings of all) {
    const json = JSON.parse(JSON.stringify(settingsFields(settings)));
    assert.deepEqual(readSettings(checkpoint(json), 384), settings);
  }
});

test("a model that transformers saved has the defaults, and always gives an answer", () => {
  assert.deepEqual(readSettings(checkpoint({}), 384), {
    docStride: 128,
    maxQuestionLength: undefined,
    maxAnswerLength: 30,
    noAnswerThreshold: null,
  });
});

test("windows share 128 tokens, short ones a third", () => {
  assert.deepEqual([512, 384, 128, 32, 3].map(defaultDocStride), [128, 128, 42, 10, 1]);
});

test("a setting that is none is named with its file", () => {
  assert.throws(() => readSettings(checkpoint({ doc_stride: "wide" }), 384), {
    code: "ERR_CHECKPOINT",
    message: /^runs\/a\/config\.json: doc_stride: .*expected number/,
  });
});
