import { join } from "node:path";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { prepareFineTuning } from "../fine-tuning-speeds.js";
import { type LabelledText, readLongTexts, readSentences } from "../labelled-texts.js";
import { preparePretraining } from "../pretraining-speeds.js";
import type { PreparedTraining, TrainingSettings } from "../speeds.js";
import { libbertOnSst2, type Sst2Run, transformersOnSst2 } from "../sst2-runs.js";
import { trainingFlops } from "../training-flops.js";
import { programWith } from "./program.js";
import type { Settings } from "./settings.js";
import type { Figures, Workload, WorkloadEntry } from "./workload.js";

export function trainings(settings: Settings): WorkloadEntry[] {
  return [
    { name: "minilm-sst2", prepare: () => minilmOnSst2(settings) },
    { name: "base-sst2", prepare: (folder) => fineTuningOnSst2(folder, settings) },
    { name: "base-128", prepare: (folder) => fineTuningOnLongTexts(folder, settings, 128) },
    { name: "base-512", prepare: (folder) => fineTuningOnLongTexts(folder, settings, 512) },
    { name: "pretraining-128", prepare: (folder) => pretraining(folder, settings) },
  ];
}

async function minilmOnSst2(settings: Settings): Promise<Workload> {
  const { dtype, python, sizes } = settings;
  const run = { ...settings, limit: sizes.sst2Rows, seed: 1 };
  const transformers = (order: string, groupByLength: boolean) =>
    programWith(python, "--python", {
      name: `transformers, ${order}`,
      dtype,
      measure: async (python) => figuresOf(await transformersOnSst2(run, { python, groupByLength })),
    });
  return {
    title: "fine-tuning MiniLM on SST-2, batches of 32",
    quantities: ["sequences/s", "peak MiB"],
    libbert: { name: "libbert", dtype, measure: async () => figuresOf(await libbertOnSst2(run)) },
    peers: [transformers("random batches", false), transformers("grouped by length", true)],
    flops: { quantity: "sequences/s", each: await flopsPerSentence(settings) },
  };
}

function figuresOf({ sequencesPerSecond, peakMiB }: Sst2Run): Figures {
  return { "sequences/s": sequencesPerSecond, "peak MiB": peakMiB };
}

async function flopsPerSentence({ model, data, sizes }: Settings): Promise<number> {
  const rows = await readSentences(join(data, "sst2/train.tsv"), sizes.sst2Rows);
  const tokenizer = await TextTokenizer.load(model);
  const encodings = await tokenizer.encodeBatch(
    rows.map(({ text }) => text),
    { maxLength: 128 },
  );
  const lengths = encodings.map(({ inputIds }) => inputIds.length);
  return trainingFlops(readConfig(model).encoder, { lengths, predictions: 0 }) / rows.length;
}

async function fineTuningOnSst2(folder: string, settings: Settings): Promise<Workload> {
  const training = trainingOf(settings, 128);
  const count = 2 * training.steps * training.batchSize;
  const texts = await readSentences(join(settings.data, "sst2/train.tsv"), count);
  const title = `fine-tuning BERT-${settings.sizes.bert} on SST-2, batches of ${training.batchSize}`;
  return onSameBatches(title, settings, await prepareClassifier(folder, settings, training, texts));
}

/** Every sequence has `tokens` tokens. */
async function fineTuningOnLongTexts(folder: string, settings: Settings, tokens: number): Promise<Workload> {
  const training = trainingOf(settings, tokens);
  const count = 2 * training.steps * training.batchSize;
  const texts = await readLongTexts(join(settings.data, "corpus/reviews.jsonl"), count, tokens);
  const title = `training BERT-${settings.sizes.bert}, ${training.batchSize} x ${tokens} tokens, none short`;
  return onSameBatches(title, settings, await prepareClassifier(folder, settings, training, texts));
}

function prepareClassifier(
  folder: string,
  { data, sizes }: Settings,
  training: TrainingSettings,
  texts: LabelledText[],
): Promise<PreparedTraining> {
  const vocabulary = join(data, "vocab/bert-base-uncased.txt");
  return prepareFineTuning(folder, { ...training, size: sizes.bert, vocabulary, texts });
}

async function pretraining(folder: string, settings: Settings): Promise<Workload> {
  const training = trainingOf(settings, 128);
  const prepared = preparePretraining(folder, {
    ...training,
    size: settings.sizes.bert,
    shortSequences: 0.1,
  });
  const title = `pre-training BERT-${settings.sizes.bert}, ${training.batchSize} x up to 128 tokens`;
  return onSameBatches(title, settings, prepared);
}

function trainingOf({ steps, dtype, sizes }: Settings, maxSeqLength: number): TrainingSettings {
  const batchSize = Math.floor((sizes.batchSize * 128) / maxSeqLength);
  return { steps, dtype, batchSize, maxSeqLength, device: "cpu" };
}

function onSameBatches(title: string, { dtype, python }: Settings, training: PreparedTraining): Workload {
  const transformers = (name: string, compile: boolean) =>
    programWith(python, "--python", {
      name,
      dtype,
      measure: async (python) => ({ "tokens/s": training.transformers({ python, compile }) }),
    });
  return {
    title,
    quantities: ["tokens/s"],
    libbert: { name: "libbert", dtype, measure: async () => ({ "tokens/s": await training.libbert() }) },
    peers: [
      transformers("transformers on the same batches", false),
      transformers("transformers on the same batches, compiled", true),
    ],
    flops: { quantity: "tokens/s", each: training.flopsPerToken },
  };
}
