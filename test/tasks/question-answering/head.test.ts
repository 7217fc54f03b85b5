import "../../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { savedModel } from "../../../lib/tasks/build-model.js";
import { questionAnsweringHead } from "../../../lib/tasks/question-answering/head.js";
import type {
  AnswerPrediction,
  QuestionEvaluation,
} from "../../../lib/tasks/question-answering/prediction.js";
import { chooseCompute } from "../../../lib/tensor/compute.js";
import { DEVICE } from "../../support/device.js";
import { goldenJson, goldenPath } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

interface GoldenAnswer {
  question: string;
  context: string;
  answer: string;
  start: number;
  end: number;
  score: number;
}

for (const name of ["tiny-roberta-qa", "tiny-distilbert-qa"]) {
  test(`${name}: answers, where they stand and their scores are transformers'`, async () => {
    const { questions } = goldenJson<{ questions: GoldenAnswer[] }>(`families/${name}.json`);
    const checkpoint = await openCheckpoint(goldenPath(`families/${name}`));
    const model = savedModel(
      questionAnsweringHead,
      checkpoint,
      chooseCompute({ device: DEVICE, dtype: "float32" }),
    );
    try {
      const inputs = questions.map(({ question, context }) => ({ question, context }));
      const predictions = (await model.predict(inputs, {})) as AnswerPrediction[];
      const spanOf = ({ answer, start, end }: Pick<AnswerPrediction, "answer" | "start" | "end">) => [
        answer,
        start,
        end,
      ];
      assert.deepEqual(predictions.map(spanOf), questions.map(spanOf));
      const scoresOf = (answers: readonly { score: number }[]) => answers.map(({ score }) => score);
      // float32 in another order of additions.
      assertClose(scoresOf(predictions), scoresOf(questions), { absolute: 1e-5 }, "scores");
    } finally {
      model.dispose();
    }
  });
}

const config = { labels: [], docStride: 8, maxAnswerLength: 30, noAnswerThreshold: null };
const doubtful = { ...config, noAnswerThreshold: 0 };

test("where a question may have no answer, the best threshold's F1 decides, and that threshold is adopted", () => {
  const { metrics, adopt } = questionAnsweringHead;
  assert.deepEqual(metrics!(config), ["f1", "exactMatch", "loss"]);
  assert.deepEqual(metrics!(doubtful), ["bestF1", "bestExactMatch", "f1", "exactMatch", "loss"]);
  const evaluation = { bestF1Threshold: -1.5 } as QuestionEvaluation;
  assert.deepEqual(adopt!(doubtful, evaluation), { ...doubtful, noAnswerThreshold: -1.5 });
  assert.equal(adopt!(config, evaluation), config);
  assert.equal(adopt!(doubtful, {} as QuestionEvaluation), doubtful);
});

test("a stride that leaves no room beside the frame's special tokens is refused before a row is read", async () => {
  const unread = {
    // biome-ignore lint/correctness/useYield: reading it is the failure
    async *[Symbol.asyncIterator](): AsyncGenerator<Record<string, unknown>> {
      assert.fail("a row was read");
    },
  };
  for (const [checkpoint, largest] of [
    ["tiny-bert-questions", 28],
    ["families/tiny-roberta", 27],
  ] as const) {
    const preparation = {
      checkpoint: await openCheckpoint(goldenPath(checkpoint)),
      maxSeqLength: 32,
      options: { docStride: largest + 1, maxAnswerLength: 30 },
      isEncoderFrozen: false,
      isGroupedByLength: false,
      train: unread,
      notify() {},
    };
    await assert.rejects(questionAnsweringHead.prepare(preparation), {
      code: "ERR_OPTION",
      option: "docStride",
      message: `Expected at most ${largest}, with maxSeqLength 32, for docStride but received ${largest + 1}`,
    });
  }
});
