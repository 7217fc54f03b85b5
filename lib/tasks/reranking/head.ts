import { range } from "../../arrays.js";
import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { labelFields } from "../../checkpoint/labels.js";
import { withCrossEncoderFiles } from "../../checkpoint/sentence/cross-encoder.js";
import {
  ACTIVATE,
  activationFields,
  type ScoreActivation,
  scoreActivation,
} from "../../checkpoint/sentence/score-activation.js";
import { storedHead } from "../../checkpoint/stored-head.js";
import { LibbertError } from "../../errors.js";
import { alignedWithGiven } from "../../features/aligned-texts.js";
import { chosenPrompt } from "../../features/prompt.js";
import { SequenceHead } from "../../models/heads/sequence-head.js";
import { type PackableSequence, packSequences } from "../../models/packing.js";
import { scope } from "../../tensor/scope.js";
import { counted } from "../../text-format.js";
import type { OptionsOf } from "../find-spec.js";
import type {
  HeadConfig,
  HeadModel,
  HeadTypes,
  Preparation,
  ReadOptions,
  TaskBatch,
  TaskHead,
} from "../head.js";
import { readingsOf } from "../readings.js";
import { sequenceOutput } from "../texts/explain-output.js";
import { hasOneOutput } from "../texts/problem-type.js";
import { truncatedField } from "../texts/truncated.js";
import { lossFor } from "./choose-loss.js";
import { pairOf } from "./command-line.js";
import { evaluateRankings, FIGURES } from "./evaluation.js";
import {
  encodedPairs,
  type PairReader,
  type PairsPrepared,
  type RankingExamples,
  type RowKind,
  readEncodedRankings,
} from "./examples.js";
import { type LossChoice, lossCount, lossSum } from "./losses.js";
import type { RankingEvaluation, RankingInput, RankingPrediction } from "./prediction.js";
import type { RankedLists } from "./ranked-lists.js";
import { reranking } from "./spec.js";

/** Some rows, D documents in all. */
interface RankingBatch extends TaskBatch {
  /** What is right, on the CPU: the losses of some choices are made there. */
  lists: Omit<RankedLists, "logits">;
}

interface RankingConfig extends HeadConfig {
  /** What an output goes through before it is a score. */
  activation: ScoreActivation;
  texts: PairsPrepared;
  /** Null for a model that is not trained. */
  loss: LossChoice | null;
  /** Of the rows that a run evaluates. */
  kind: RowKind;
}

interface Types extends HeadTypes {
  options: OptionsOf<"reranking">;
  rows: RankingExamples;
  batch: RankingBatch;
  config: RankingConfig;
  layers: SequenceHead;
  input: RankingInput;
  prediction: RankingPrediction;
  evaluation: RankingEvaluation;
}

/** A cross-encoder: it reads a query together with a document, and gives one number (Nogueira and Cho, 2019). */
export const rerankingHead: TaskHead<Types> = {
  spec: reranking,
  kind: "sequence-classification",

  base: (checkpoint, maxSeqLength) => ({
    ...checkpoint,
    sentences: withCrossEncoderFiles(checkpoint.sentences, maxSeqLength),
  }),

  async prepare(preparation) {
    const { checkpoint, maxSeqLength, options, validation } = preparation;
    const scoring = scoringOf(checkpoint);
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength, texts: scoring.texts };
    const readings = readingsOf(preparation, options);
    const rows = await readTraining(preparation, reader, readings.train);
    const config = { ...scoring, loss: lossFor(rows, options), kind: rows.kind };
    tellEqualLabels(rows, preparation);
    if (validation === undefined) return { config, train: rows };
    const held = await readEncodedRankings(validation, reader, {
      ...readings.validation,
      keepPairs: true,
    });
    return { config: { ...config, kind: held.kind }, train: rows, validation: held };
  },

  stored: (checkpoint) => ({ ...scoringOf(checkpoint), loss: null, kind: "lists" }),
  fields: ({ activation }) => ({
    ...labelFields(["LABEL_0"]), // as transformers names the one output
    problem_type: undefined,
    label_thresholds: undefined,
    ...activationFields(activation),
  }),
  layers: ({ family, encoder }) => new SequenceHead(encoder, family.pooler, 1),
  continues: (checkpoint) => hasOneOutput(storedHead(checkpoint), checkpoint),
  metrics: ({ kind }) => FIGURES[kind],

  read: (model, source, options) =>
    readEncodedRankings(source, readerOf(model), { ...options, keepPairs: true }),

  batch(_, { encodings, labels, bounds, longest }, items, { numbers }) {
    const places = items.map((item) => range(bounds[item]!, bounds[item + 1]!));
    const ends = Int32Array.of(0, ...places.map(({ length }) => length));
    for (let row = 1; row < ends.length; row++) ends[row]! += ends[row - 1]!;
    const all = places.flat();
    const ids = places.flatMap((own, row) => own.map((_, document) => numbers[row]! * longest + document));
    const sequences = all.map((place) => encodings[place]!);
    return {
      packed: packSequences(sequences, ids),
      lists: { labels: Float64Array.from(all, (place) => labels[place]!), bounds: ends },
    };
  },

  counts: ({ config }, { lists }) => ({ losses: lossCount(config.loss!, lists) }),

  loss(model, { input: given, lists }, totals) {
    const { encoded, input } = model.network.encode(given);
    const logits = model.network.head.forward(encoded, input).to("float32").squeeze(-1);
    return scope(() => lossSum(model.config.loss!, { ...lists, logits }).div(totals.losses!));
  },

  /** [D, 1] */
  output: (model, encoded, input) => model.network.head.forward(encoded, input).to("float32"),
  rowsPer: () => "sequence",

  async evaluate(model, rows, signal) {
    const outputs = await outputsOf(model, rows.encodings, signal);
    return evaluateRankings(rows, outputs, ACTIVATE[model.config.activation]);
  },

  async explain(model, input) {
    const { tokenizer, maxSeqLength, config } = model;
    const texts = pairOf(input);
    const encoding = await alignedWithGiven(tokenizer, texts, config.texts, maxSeqLength);
    return { encoding, texts, target: null, output: sequenceOutput(model, 0) };
  },

  /** Longer texts than `maxSeqLength` tokens are cut, and their predictions say so. */
  async predict(model, inputs, _options, signal) {
    const encodings = await encodedPairs(inputs.map(pairOf), readerOf(model));
    const outputs = await outputsOf(model, encodings, signal);
    const activate = ACTIVATE[model.config.activation];
    return outputs.map((output, input) => ({
      score: activate(output),
      ...truncatedField(encodings[input]!),
    }));
  },
};

function readerOf({ tokenizer, maxSeqLength, config: { texts } }: HeadModel<Types>): PairReader {
  return { tokenizer, maxSeqLength, texts };
}

async function outputsOf(
  model: HeadModel<Types>,
  sequences: readonly PackableSequence[],
  signal?: AbortSignal,
): Promise<number[]> {
  return (await model.infer(sequences, signal)).map(([output]) => output!);
}

/** What a model's files say of its scores. @throws ERR_CHECKPOINT for what libbert does not have */
function scoringOf(checkpoint: Checkpoint) {
  const { scores, isCrossEncoder, lowercase } = checkpoint.sentences;
  if (scores instanceof LibbertError) throw scores;
  return {
    labels: [],
    activation: scoreActivation(checkpoint, scores.activation),
    texts: { prompt: chosenPrompt(scores.prompts, {}), lowercase: isCrossEncoder && lowercase },
  };
}

/** Training rows; a teacher's logits are their labels, where there is one. */
async function readTraining(
  { train, teacher, signal, notify }: Preparation<Types["options"]>,
  reader: PairReader,
  reading: ReadOptions,
): Promise<RankingExamples> {
  if (teacher?.kind !== "scores") return readEncodedRankings(train, reader, reading);
  const taught = { ...reading, mayLackLabels: true, keepPairs: true };
  const { pairs, ...rows } = await readEncodedRankings(train, reader, taught);
  notify(`the teacher scores ${counted(pairs!.length, "document")} before the first update`);
  return { ...rows, labels: Float64Array.from(await teacher.scores(pairs!, signal)) };
}

/** Labels that are all the same teach a model to give every document one score; of lists, those that differ within none teach no order. */
function tellEqualLabels(
  { labels, bounds, kind }: RankingExamples,
  { notify }: Pick<Preparation<unknown>, "notify">,
) {
  const [first] = labels;
  if (labels.length > 1 && labels.every((label) => label === first)) {
    notify(`train: all labels are ${first}, which teaches no order of documents`);
    return;
  }
  if (kind !== "lists") return;
  const isEqual = (_: number, row: number) =>
    labels.subarray(bounds[row]!, bounds[row + 1]!).every((label) => label === labels[bounds[row]!]);
  const rows = bounds.length - 1;
  if ([...bounds.subarray(0, -1)].every(isEqual))
    notify(
      `train: the labels are the same within each of the ${rows} rows, which teaches no order of documents`,
    );
}
