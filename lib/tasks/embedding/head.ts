import { range } from "../../arrays.js";
import { withVectors } from "../../checkpoint/checkpoint.js";
import { NO_LABELS } from "../../checkpoint/labels.js";
import type { SentenceFiles } from "../../checkpoint/sentence/model.js";
import { withTextLength } from "../../checkpoint/sentence/text-length.js";
import { expected, LibbertError } from "../../errors.js";
import { WITHOUT_FILES } from "../../features/extractor.js";
import { longTextFields } from "../../features/long-texts.js";
import { type OnDevice, onDevice } from "../../models/device-batch.js";
import { FirstTokenAlone, NoHead } from "../../models/heads/no-head.js";
import { packSequences } from "../../models/packing.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { HeadModel, Preparation, ReadOptions, TaskHead } from "../head.js";
import { readingsOf } from "../readings.js";
import { sequencesOf } from "../texts/examples.js";
import { longTextsOf, longTextsOfModel, windowNumbers } from "../texts/long-texts.js";
import { columnsOf, rowsOf, shareLoss, shareOf, type VectorBatch } from "./batch-loss.js";
import { checkScores, lossFor, taughtLoss } from "./choose-loss.js";
import { evaluateVectors } from "./evaluation.js";
import {
  preparedAs,
  readEncodedVectors,
  readTaughtVectors,
  type TextReader,
  type VectorExamples,
} from "./examples.js";
import { explainSimilarity } from "./explain.js";
import { type LossChoice, lossOf, type VectorRows } from "./losses.js";
import { miningHead } from "./mining/head.js";
import { refuseChoices } from "./mining/options.js";
import { embedding } from "./spec.js";
import { type Student, teachersAnswers } from "./taught.js";
import { textVectors } from "./text-vectors.js";
import type { VectorTypes } from "./types.js";
import { pooledSequences, sentenceVectors, untrainable } from "./vectors.js";

const WITH_SCORES = ["spearman", "pearson"];
const WITHOUT_SCORES = ["ndcgAt10", "mrrAt10", "accuracyAt1"];

/** An encoder whose vectors of texts lie close together where the texts belong together (Reimers and Gurevych, 2019). */
export const embeddingHead: TaskHead<VectorTypes> = {
  spec: embedding,
  kind: null,

  trainer: ({ numNegatives }) => (numNegatives === undefined ? undefined : miningHead(embeddingHead)),

  base: (checkpoint, maxSeqLength, options) => {
    const { pooling, loss } = options;
    if (pooling === undefined && checkpoint.sentences.model !== null) {
      if (longTextsOf({ checkpoint, maxSeqLength, options }) === null) return checkpoint;
      return { ...checkpoint, sentences: withTextLength(checkpoint.sentences, maxSeqLength) };
    }
    const normalize = loss !== "margin-mse"; // whose products of vectors may be of any size
    return withVectors(checkpoint, { pooling: pooling ?? "mean", normalize }, maxSeqLength);
  },

  async prepare(preparation) {
    const { checkpoint, maxSeqLength, options, validation } = preparation;
    refuseChoices(options);
    const { tokenizer, sentences, encoder } = checkpoint;
    const longTexts = longTextsOf(preparation);
    const reader = { tokenizer, maxSeqLength, texts: preparedAs(sentences), longTexts };
    const readings = readingsOf(preparation, options);
    const made = { ...vectorConfigOf(sentences), longTexts };
    if (made.refused) throw made.refused;
    const student = {
      length: made.poolings.length * encoder.hiddenSize,
      isNormalised: made.isNormalised,
    };
    checkDims(options.dims, student.length);
    const { rows, loss } = await readTraining(preparation, reader, readings.train, student);
    const config = { ...made, loss };
    if (validation === undefined) return { config: { ...config, hasScores: false }, train: rows };
    const evaluated = await readEncodedVectors(validation, reader, {
      ...readings.validation,
      keepTexts: true,
    });
    const hasScores = evaluated.scores !== undefined;
    return { config: { ...config, hasScores }, train: rows, validation: evaluated };
  },

  stored: (checkpoint, maxSeqLength) => ({
    ...vectorConfigOf(checkpoint.sentences),
    longTexts: longTextsOfModel(checkpoint, maxSeqLength),
    loss: null,
    hasScores: false,
  }),
  fields: ({ longTexts }) => ({ ...NO_LABELS, ...longTextFields(longTexts) }),
  layers: (_, { poolings, refused }) => {
    const isFirstAlone = poolings.every((pooling) => pooling === "cls") && refused === undefined;
    return isFirstAlone ? new FirstTokenAlone() : new NoHead();
  },
  continues: () => true,
  metrics: ({ hasScores }) => (hasScores ? WITH_SCORES : WITHOUT_SCORES),

  async read({ tokenizer, maxSeqLength, config }, source, options) {
    const { texts, longTexts, refused } = config;
    if (refused) throw refused;
    const reader = { tokenizer, maxSeqLength, texts, longTexts };
    return readEncodedVectors(source, reader, { ...options, keepTexts: true });
  },

  batch(_, rows, items, { numbers }) {
    const { texts } = rows;
    const textsOf = (row: number) => range(row * texts, (row + 1) * texts);
    const { sequences, windows } = sequencesOf(rows, items.flatMap(textsOf));
    const ids = numbers.flatMap(textsOf).flatMap((id, text) => windowNumbers(id, windows[text]!));
    return { packed: packSequences(sequences, ids), windows, rows, items, numbers };
  },

  counts: (_, { items }) => ({ rows: items.length }),

  prepareUpdate(model, batches, restartDropout) {
    if (batches.length === 1 && !model.group) return; // its loss is the update's
    const vectors = (batch: VectorBatch) => {
      restartDropout();
      return vectorsOf(model, onDevice(batch, model.compute.device));
    };
    shareLoss(batches, model.group, vectors, (rows) => updateLoss(model, rows));
  },

  loss(model, batch) {
    const vectors = vectorsOf(model, batch);
    if (batch.share) return shareOf(vectors, batch.share);
    const { rows, items } = batch;
    return updateLoss(model, { ...rowsOf(rows, items), columns: columnsOf(vectors, rows.texts) });
  },

  /** Not of length 1: cosines are of vectors of any length. */
  output: ({ config }, { lastHiddenState }, input) =>
    pooledSequences(lastHiddenState, input, config.poolings),
  rowsPer: () => "sequence",

  async evaluate(model, rows, signal) {
    return evaluateVectors(rows, await textVectors(model, rows, signal));
  },

  explain: explainSimilarity,

  /** As `embed()`. */
  async predict(model, inputs, _options, signal) {
    const embedded = await model.features.embed(inputs, {}, signal);
    return embedded.map(({ tokens: _, ...prediction }) => prediction);
  },
};

function vectorsOf(model: HeadModel<VectorTypes>, { input: given, windows }: OnDevice<VectorBatch>): Tensor {
  const { encoded, input } = model.network.encode(given);
  return sentenceVectors(encoded.lastHiddenState, input, windows, model.config);
}

function updateLoss({ config }: HeadModel<VectorTypes>, rows: VectorRows): Tensor {
  return lossOf(config.loss!, rows);
}

/** Without files of sentence-transformers it is the mean, as there. */
function vectorConfigOf(sentences: SentenceFiles) {
  const { model } = sentences;
  const { poolings, layers } = model === null || model instanceof LibbertError ? WITHOUT_FILES : model;
  return {
    labels: [],
    poolings,
    isNormalised: layers.length > 0,
    texts: preparedAs(sentences),
    refused: model === null ? undefined : untrainable(model),
  };
}

/** @throws ERR_OPTION for more numbers than vectors have */
function checkDims(dims: readonly number[] | undefined, length: number): void {
  const tooLong = dims?.find((dim) => dim > length);
  if (tooLong !== undefined)
    throw expected(`at most ${length}, the length of the model's vectors,`, "dims", tooLong);
}

/** Training rows and their loss; with the answers of a teacher, where there is one. */
async function readTraining(
  preparation: Preparation<VectorTypes["options"]>,
  reader: TextReader,
  reading: ReadOptions,
  student: Student,
): Promise<{ rows: VectorExamples; loss: LossChoice }> {
  const { train, teacher, options } = preparation;
  if (teacher === undefined || teacher.kind === "outputs") {
    const rows = await readEncodedVectors(train, reader, reading);
    const loss = lossFor(rows, options);
    checkScores(rows, loss.loss);
    return { rows, loss };
  }
  const { rows, examples } = await readTaughtVectors(train, reader, reading);
  const loss = taughtLoss(rows, options, teacher, student);
  const answers = await teachersAnswers(teacher, examples, student, preparation);
  return { rows: { ...rows, answers }, loss };
}
