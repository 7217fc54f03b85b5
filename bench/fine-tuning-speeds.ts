import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { epochBatches } from "../lib/data/order.js";
import { readRows } from "../lib/data/readers/rows.js";
import { fineTune } from "../lib/index.js";
import type { BertSize } from "../lib/models/model-config.js";
import { type PackedBatch, packSequences } from "../lib/models/packing.js";
import { TextTokenizer } from "../lib/tokenizer/text-tokenizer.js";
import { type PaddedBatch, padded, paddingShare, tokensOf, writeBatches } from "./padded-batches.js";
import { writeRandomCheckpoint } from "./random-checkpoint.js";
import type { Speeds, TimedTraining } from "./speeds.js";
import { lengthsOf, trainingFlops } from "./training-flops.js";
import { trainWithTransformers } from "./transformers-loop.js";

export interface TimedFineTuning extends TimedTraining {
  size: BertSize;
  /** A vocab.txt. */
  vocabulary: string;
  /** A table with columns sentence and label, such as SST-2's. */
  rows: string;
}

interface Sentence {
  sentence: string;
  label: string;
}

const SEED = 1;

/** Times `fineTune()` of a classifier, and transformers' `BertForSequenceClassification`, on the same batches. */
export async function fineTuningSpeeds(training: TimedFineTuning): Promise<Speeds> {
  const folder = mkdtempSync(join(tmpdir(), "libbert-bench-"));
  try {
    const model = join(folder, "model");
    const config = await writeRandomCheckpoint(model, { ...training, dropout: 0.1 });
    const rows = await readSentences(training.rows, 2 * training.steps * training.batchSize);
    const batches = await makeBatches(await TextTokenizer.load(model), rows, training.batchSize);
    const timed = batches.slice(training.steps).map(({ packed }) => packed);
    const tokens = tokensOf(timed);
    const flops = timed.reduce((sum, { cuSeqlens }) => {
      return sum + trainingFlops(config, { lengths: lengthsOf(cuSeqlens), predictions: 0 });
    }, 0);
    return {
      transformers: training.python
        ? tokens / secondsOfTransformers(folder, batches, model, { ...training, python: training.python })
        : null,
      libbert: tokens / (await secondsOfLibbert(model, rows, training)),
      flopsPerToken: flops / tokens,
      padding: paddingShare(timed),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readSentences(path: string, count: number): Promise<Sentence[]> {
  const rows: Sentence[] = [];
  for await (const some of readRows(path, { limit: count })) {
    rows.push(
      ...some.map(({ fields }) => ({ sentence: String(fields.sentence), label: String(fields.label) })),
    );
  }
  if (rows.length < count) throw new Error(`Expected ${count} rows in ${path} but received ${rows.length}`);
  return rows;
}

/** The batches that `fineTune()` makes of the rows, with their labels. */
async function makeBatches(
  tokenizer: TextTokenizer,
  rows: readonly Sentence[],
  batchSize: number,
): Promise<{ packed: PackedBatch; labels: Int32Array }[]> {
  const encodings = await tokenizer.encodeBatch(
    rows.map(({ sentence }) => sentence),
    { maxLength: 128 },
  );
  const lengths = encodings.map(({ inputIds }) => inputIds.length);
  return epochBatches(lengths, { batchSize, seed: SEED, epoch: 0 }).map((members) => ({
    packed: packSequences(
      Array.from(members, (row) => encodings[row]!),
      members,
    ),
    labels: members.map((row) => Number(rows[row]!.label)),
  }));
}

function secondsOfTransformers(
  folder: string,
  batches: readonly { packed: PackedBatch; labels: Int32Array }[],
  model: string,
  training: TimedFineTuning & { python: string },
): number {
  const batchFile = join(folder, "batches.safetensors");
  const withLabels = ({ packed, labels }: { packed: PackedBatch; labels: Int32Array }): PaddedBatch => {
    return { ...padded(packed), labels: { shape: [labels.length], values: labels } };
  };
  writeBatches(batchFile, batches.map(withLabels));
  return trainWithTransformers({ ...training, batches: batchFile, model }).seconds;
}

/** From the report of the last update that does not count to that of the last one. */
async function secondsOfLibbert(
  model: string,
  rows: Sentence[],
  { steps, batchSize, device, dtype }: TimedFineTuning,
): Promise<number> {
  const reported: number[] = [];
  await using _tuned = await fineTune({
    task: "classification",
    model,
    train: rows.map((row) => ({ ...row })),
    ...{ epochs: 1, maxSeqLength: 128, batchSize, device, dtype, seed: SEED },
    onProgress: (event) => {
      if (event.type === "step") reported[event.step] = performance.now();
    },
  });
  return (reported[2 * steps]! - reported[steps]!) / 1000;
}
