import assert from "node:assert/strict";
import { test } from "node:test";
import {
  completeSettings,
  type FineTuneSettings,
  fineTuneOptions,
  lengthOfTexts,
} from "../../lib/fine-tuning/options.js";
import { decidingOptions } from "../../lib/options/option.js";
import { completeSettings as completePretraining } from "../../lib/pre-training/complete-settings.js";
import { pretrainOptions } from "../../lib/pre-training/options.js";

/** @param longest the tokens that the model has positions for */
const fineTuning = (options: object, longest = 512) => {
  const settings = fineTuneOptions.parse({
    model: "dir",
    train: "train.tsv",
    ...options,
  }) as FineTuneSettings;
  const maxSeqLength = lengthOfTexts(settings, longest);
  return decidingOptions(fineTuneOptions, completeSettings({ ...settings, maxSeqLength }));
};

const withFewPositions = (options: object) => fineTuning(options, 64);

const preTraining = (options: object) => {
  const settings = pretrainOptions.parse({ data: "shards", steps: 10, outputDir: "out", ...options });
  return decidingOptions(pretrainOptions, completePretraining(settings));
};

const classification = { task: "classification" };
const questions = { task: "question-answering" };
const words = { task: "token-classification" };
const phases = [{ maxSeqLength: 128 }, { maxSeqLength: 512 }];

/** Options, a default of one more, and another value of it. */
const CASES: [compared: (options: object) => object, options: object, byDefault: object, other: object][] = [
  [fineTuning, classification, { maxSeqLength: 128 }, { maxSeqLength: 384 }],
  [fineTuning, questions, { maxSeqLength: 384 }, { maxSeqLength: 128 }],
  [withFewPositions, classification, { maxSeqLength: 64 }, { maxSeqLength: 32 }],
  [fineTuning, questions, { docStride: 128 }, { docStride: 64 }],
  [withFewPositions, questions, { docStride: 21 }, { docStride: 20 }],
  [fineTuning, { ...questions, maxSeqLength: 96 }, { docStride: 32 }, { docStride: 128 }],
  [fineTuning, classification, { classWeights: [1, 1] }, { classWeights: [1, 2] }],
  [fineTuning, classification, { classWeights: { good: 1 } }, { classWeights: { good: 2 } }],
  [fineTuning, words, { classWeights: {} }, { classWeights: "balanced" }],
  [fineTuning, words, { features: "last-hidden" }, { features: "concat-last-four" }],
  [fineTuning, classification, { metric: "accuracy" }, { metric: "loss" }],
  [fineTuning, classification, { seed: 1 }, { seed: 2 }],
  [fineTuning, classification, { loadBest: false }, { loadBest: true }],
  [fineTuning, { ...classification, patience: 1 }, { loadBest: true }, { loadBest: false }],
  [preTraining, {}, { maxPredictionsPerSequence: 20 }, { maxPredictionsPerSequence: 19 }],
  [preTraining, { maskRate: 0.3 }, { maxPredictionsPerSequence: 39 }, { maxPredictionsPerSequence: 20 }],
  [
    preTraining,
    { phases: [{ maxSeqLength: 512 }] },
    { maxPredictionsPerSequence: 77 },
    { maxPredictionsPerSequence: 20 },
  ],
  [
    preTraining,
    {},
    { size: "base", dropout: 0.1, maskSplit: "80/10/10", wholeWord: false },
    { wholeWord: true },
  ],
];

test("what is compared of options is the same whether a default is given or left out, and another with another value", () => {
  for (const [compared, options, byDefault, other] of CASES) {
    const shown = JSON.stringify({ ...options, ...byDefault });
    assert.deepEqual(compared({ ...options, ...byDefault }), compared(options), shown);
    assert.notDeepEqual(compared({ ...options, ...other }), compared(options), shown);
  }
});

test("the most predictions of a sequence are no default where phases of other lengths have others", () => {
  for (const most of [20, 77])
    assert.notDeepEqual(preTraining({ phases, maxPredictionsPerSequence: most }), preTraining({ phases }));
});
