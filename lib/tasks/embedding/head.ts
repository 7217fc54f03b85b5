import { range } from "../../arrays.js";
import { withVectors } from "../../checkpoint/checkpoint.js";
import { NO_LABELS } from "../../checkpoint/labels.js";
import type { SentenceFiles } from "../../checkpoint/sentence/model.js";
import { withTextLength } from "../../checkpoint/sentence/text-length.js";
import { dataError } from "../../data/data-error.js";
import { expected, LibbertError } from "../../errors.js";
import { WITHOUT_FILES } from "../../features/extractor.js";
import { longTextFields } from "../../features/long-texts.js";
import { FirstTokenAlone, NoHead } from "../../models/heads/no-head.js";
import { packSequences } from "../../models/packing.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { HeadModel, Preparation, ReadOptions, TaskHead } from "../head.js";
import { readingsOf } from "../readings.js";
import type { Teacher } from "../teacher.js";
import { sequencesOf } from "../texts/examples.js";
import { longTextsOf, longTextsOfModel, windowNumbers } from "../texts/long-texts.js";
import { columnsOf, rowsOf, shareLoss, shareOf, type VectorBatch } from "./batch-loss.js";
import { evaluateVectors } from "./evaluation.js";
import {
  preparedAs,
  readEncodedVectors,
  readTaughtVectors,
  type TextReader,
  type VectorExamples,
} from "./examples.js";
import { explainSimilarity } from "./explain.js";
import { type LossChoice, type LossName, lossOf, type VectorRows } from "./losses.js";
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
      return vectorsOf(model, batch);
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

function vectorsOf(model: HeadModel<VectorTypes>, { packed, windows }: VectorBatch): Tensor {
  const { encoded, input } = model.encode(packed);
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

/** @throws ERR_OPTION for a loss that the rows are not for, or for rows that negatives are not mined for */
function lossFor({ scores, texts: given }: VectorExamples, options: VectorTypes["options"]): LossChoice {
  const { numNegatives = 0 } = options;
  if (numNegatives > 0 && (scores || given > 2))
    throw expected("no value for rows with scores or negatives", "numNegatives", numNegatives);
  const texts = given + numNegatives;
  const { loss = scores ? "cosent" : "multiple-negatives-ranking", dims = [] } = options;
  if (loss === "mse" || loss === "margin-mse")
    throw expected("a loss for rows without a teacher", "loss", loss);
  const needsScores = loss === "cosent" || loss === "cosine-similarity";
  if (needsScores && !scores) throw expected("a loss for rows without scores", "loss", loss);
  if (!needsScores && scores)
    throw expected("cosent or cosine-similarity, as the rows have scores,", "loss", loss);
  if (loss === "triplet" && texts !== 3)
    throw expected("another loss for rows without one negative each", "loss", loss);
  return { loss, settings: lossSettings(loss, options), dims };
}

/** @throws ERR_OPTION for a number that means nothing to the loss */
function lossSettings(loss: LossName, { scale, margin }: VectorTypes["options"]): LossChoice["settings"] {
  const hasScale = loss === "cosent" || loss.startsWith("multiple-negatives");
  if (scale !== undefined && !hasScale) throw expected(`no value, as ${loss} has none,`, "scale", scale);
  if (margin !== undefined && loss !== "triplet")
    throw expected(`no value, as ${loss} has none,`, "margin", margin);
  return { scale: scale ?? 20, margin: margin ?? 5 };
}

/** @throws ERR_DATA for scores of which the loss could learn nothing, or that no cosine reaches */
function checkScores({ scores, locations }: VectorExamples, loss: LossChoice["loss"]): void {
  if (loss === "cosine-similarity") {
    const row = scores!.findIndex((score) => Math.abs(score) > 1);
    const what = "a score from -1 to 1, as the loss cosine-similarity compares it with a cosine,";
    if (row >= 0) throw dataError(locations[row]!, what, String(scores![row]));
  } else if (loss === "cosent" && scores!.every((score) => score === scores![0])) {
    throw dataError(
      "training rows",
      "scores that differ, as the loss cosent compares them,",
      `${scores![0]} alone`,
    );
  }
}

/** @throws ERR_OPTION for a loss that the teacher, the rows or the model are not for */
function taughtLoss(
  { texts, scores }: VectorExamples,
  options: VectorTypes["options"],
  { kind }: Teacher,
  { isNormalised }: Student,
): LossChoice {
  const { loss = "mse", dims = [] } = options;
  if (kind === "vectors" && loss !== "mse")
    throw expected("mse, as the teacher gives vectors,", "loss", loss);
  if (kind !== "vectors" && loss !== "margin-mse")
    throw expected("margin-mse, as the teacher gives scores,", "loss", loss);
  if (loss === "mse" && dims.length > 0)
    throw expected("no value with mse, which is of whole vectors,", "dims", dims);
  if (loss === "margin-mse" && (scores !== undefined || texts < 3))
    throw expected("another loss for rows without a positive and negatives", "loss", loss);
  if (loss === "margin-mse" && isNormalised)
    throw expected("another loss for a model whose vectors are made of length 1", "loss", loss);
  return { loss, settings: lossSettings(loss, options), dims };
}
