import { isDeepStrictEqual } from "node:util";
import { calibrateChoices } from "../../calibration/calibrate.js";
import { storedLabels } from "../../checkpoint/labels.js";
import { TokenHead } from "../../models/heads/token-head.js";
import { packSequences } from "../../models/packing.js";
import { roundedBatch, roundedPredictions } from "../../models/rounded-batch.js";
import { classCount, classLossSum, weightedClasses } from "../class-loss.js";
import type { TaskHead } from "../head.js";
import { configFields, storedConfig, storedFeatures } from "./config.js";
import { atTemperature, entityPredictions, predictedTags, scoresAt } from "./decode.js";
import { tokenEvaluation } from "./evaluation.js";
import { readSentences, withWindows } from "./examples.js";
import { explainTag } from "./explain.js";
import { judgedWords } from "./judged-words.js";
import { prepareTagging } from "./prepare.js";
import { tokenClassification } from "./spec.js";
import { tokenWindows } from "./token-windows.js";
import type { TokenClassificationTypes } from "./types.js";
import { tokenizeWords } from "./words.js";

/** The figures of tags that mark no entities, the deciding one first. */
const PLAIN_METRICS = ["accuracy", "macroF1", "loss"];

/** Finds named entities: a tag for every word, from its first token (paper, figure 4 d and section 5.3). */
export const tokenClassificationHead: TaskHead<TokenClassificationTypes> = {
  spec: tokenClassification,
  kind: "token-classification",

  prepare: prepareTagging,
  stored: storedConfig,
  fields: configFields,
  layers: ({ encoder }, { labels, features }) => new TokenHead(encoder, labels.length, features),
  continues: (checkpoint, { labels, features }) =>
    storedFeatures(checkpoint) === features && isDeepStrictEqual(storedLabels(checkpoint), labels),

  metrics: ({ scheme }) =>
    Object.keys(tokenClassification.metrics).filter((name) =>
      scheme === "plain" ? PLAIN_METRICS.includes(name) : name !== "macroF1",
    ),

  async read(model, source, options) {
    const { tokenizer, config } = model;
    return withWindows(await readSentences(source, tokenizer, { ...options, ...config }), model);
  },
  batch(model, { windows, classes }, items, { numbers }) {
    const packed = packSequences(
      items.map((item) => windows[item]!),
      numbers,
    );
    const positions = items.flatMap((item, index) =>
      Array.from(windows[item]!.positions, (position) => packed.cuSeqlens[index]! + position),
    );
    return {
      packed,
      positions: Int32Array.from(positions),
      classes: Int32Array.from(items.flatMap((item) => [...classes[item]!])),
      ...weightedClasses(model),
    };
  },
  counts: (model, { classes }) => ({ words: classCount(model, classes) }),
  rounded: ({ packed, positions, classes, ...rest }) => ({
    ...rest,
    packed: roundedBatch(packed),
    ...roundedPredictions(positions, classes),
  }),
  loss(model, { input: given, positions, classes, classWeights }, totals) {
    const { encoded, input } = model.network.encode(given);
    const logits = model.network.head.forward(encoded, input, positions);
    return classLossSum(model, logits, classes, classWeights).div(totals.words!);
  },

  rowsPer: () => "token",
  /** Log-probabilities, [T, labels]. */
  output: ({ network }, encoded, input) => network.head.forward(encoded, input).to("float32").logSoftmax(-1),
  async evaluate(model, examples, signal) {
    const { labels, scheme } = model.config;
    const outputs = await model.infer(examples.windows, signal);
    const calibrated = atTemperature(outputs, labels.length, model.calibration?.temperature);
    return tokenEvaluation(examples, calibrated, labels, scheme);
  },
  /** By the tags of all words that have a token. */
  async calibrate(model, { windows, classes }, choices, signal) {
    const numLabels = model.config.labels.length;
    const outputs = await model.infer(windows, signal);
    const words = windows.flatMap(({ positions }, window) =>
      Array.from(positions, (position, nth) => ({
        logits: scoresAt(outputs[window]!, position, numLabels),
        right: classes[window]![nth]!,
      })),
    );
    return calibrateChoices(words, choices);
  },
  judge: judgedWords,
  explain: explainTag,
  /** Longer inputs than `maxSeqLength` tokens are read in windows. */
  async predict(model, inputs, { raw }, signal) {
    const { tokenizer, maxSeqLength, config, calibration } = model;
    const sentences = await tokenizeWords(inputs, tokenizer);
    const windows = tokenWindows(sentences, tokenizer.frame, {
      maxLength: maxSeqLength,
      documentContext: false, // every input stands by itself
    });
    const outputs = await model.infer(windows, signal);
    const temperature = raw ? 1 : calibration?.temperature;
    const calibrated = atTemperature(outputs, config.labels.length, temperature);
    const tags = predictedTags(sentences, windows, calibrated, config.labels);
    return sentences.map((sentence, index) =>
      entityPredictions(sentence, tags[index]!, {
        scheme: config.scheme,
        inWords: typeof inputs[index] !== "string",
      }),
    );
  },
};
