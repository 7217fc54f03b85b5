import { join } from "node:path";
import { epochBatches } from "../lib/data/order.js";
import { fineTune } from "../lib/index.js";
import type { BertSize } from "../lib/models/model-config.js";
import { type PackedBatch, packSequences } from "../lib/models/packing.js";
import { TextTokenizer } from "../lib/tokenizer/text-tokenizer.js";
import type { LabelledText } from "./labelled-texts.js";
import { type PaddedBatch, padded, paddingShare, tokensOf, writeBatches } from "./padded-batches.js";
import { writeRandomCheckpoint } from "./random-checkpoint.js";
import type { PreparedTraining, TrainingSettings } from "./speeds.js";
import { lengthsOf, trainingFlops } from "./training-flops.js";
import { trainWithTransformers } from "./transformers-loop.js";

export interface FineTuningSettings extends TrainingSettings {
  size: BertSize;
  /** A vocab.txt. */
  vocabulary: string;
  /** Labelled 0 and 1, as many as both halves of the updates take. */
  texts: readonly LabelledText[];
}

interface Batch {
  packed: PackedBatch;
  labels: Int32Array;
}

const SEED = 1;

/** `fineTune()` of a classifier with dropout, and transformers' `BertForSequenceClassification`, on the same batches. */
export async function prepareFineTuning(
  folder: string,
  settings: FineTuningSettings,
): Promise<PreparedTraining> {
  const model = join(folder, "model");
  const config = await writeRandomCheckpoint(model, { ...settings, dropout: 0.1 });
  const batches = await makeBatches(await TextTokenizer.load(model), settings);
  const batchFile = join(folder, "batches.safetensors");
  writeBatches(batchFile, batches.map(paddedWithLabels));
  const timed = batches.slice(settings.steps).map(({ packed }) => packed);
  const tokens = tokensOf(timed);
  const flops = timed.reduce((sum, { cuSeqlens }) => {
    return sum + trainingFlops(config, { lengths: lengthsOf(cuSeqlens), predictions: 0 });
  }, 0);
  return {
    libbert: async () => tokens / (await secondsOfLibbert(model, settings)),
    transformers: (loop) =>
      tokens / trainWithTransformers({ ...settings, ...loop, batches: batchFile, model }).seconds,
    flopsPerToken: flops / tokens,
    padding: paddingShare(timed),
  };
}

/** The batches that `fineTune()` makes of the texts, with their labels. */
async function makeBatches(
  tokenizer: TextTokenizer,
  { texts, maxSeqLength, batchSize }: FineTuningSettings,
): Promise<Batch[]> {
  const encodings = await tokenizer.encodeBatch(
    texts.map(({ text }) => text),
    { maxLength: maxSeqLength },
  );
  const lengths = encodings.map(({ inputIds }) => inputIds.length);
  return epochBatches(lengths, { batchSize, seed: SEED, epoch: 0 }).map((members) => ({
    packed: packSequences(
      Array.from(members, (row) => encodings[row]!),
      members,
    ),
    labels: members.map((row) => Number(texts[row]!.label)),
  }));
}

function paddedWithLabels({ packed, labels }: Batch): PaddedBatch {
  return { ...padded(packed), labels: { shape: [labels.length], values: labels } };
}

/** From the report of the last update that does not count to that of the last one. */
async function secondsOfLibbert(
  model: string,
  { texts, steps, batchSize, maxSeqLength, device, dtype }: FineTuningSettings,
): Promise<number> {
  const reported: number[] = [];
  await using _tuned = await fineTune({
    task: "classification",
    model,
    train: texts.map((row) => ({ ...row })),
    ...{ epochs: 1, maxSeqLength, batchSize, device, dtype, seed: SEED },
    onProgress: (event) => {
      if (event.type === "step") reported[event.step] = performance.now();
    },
  });
  return (reported[2 * steps]! - reported[steps]!) / 1000;
}
