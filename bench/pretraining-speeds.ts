import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShardedCorpus } from "../lib/data/corpus/sharded-corpus.js";
import { type PretrainingBatch, PretrainingEpoch } from "../lib/data/pretraining/pretraining-epoch.js";
import { type BertSize, bertPreset } from "../lib/models/model-config.js";
import { writeMadeCorpus } from "./made-corpus.js";
import { paddedForPretraining, paddingShare, tokensOf, writeBatches } from "./padded-batches.js";
import { loggedUpdates } from "./run-log.js";
import { runProgram } from "./run-program.js";
import type { Speeds, TimedTraining } from "./speeds.js";
import { lengthsOf, trainingFlops } from "./training-flops.js";
import { trainWithTransformers } from "./transformers-loop.js";

export interface TimedPretraining extends TimedTraining {
  size: BertSize;
  maxSeqLength: number;
  /** The share of sequences that are meant to be short. */
  shortSequences: number;
  /** A prepared corpus; default: made-up documents, BERT's number of pieces. */
  data?: string;
}

const SEED = 1;

/** Times `libbert pretrain` and transformers' `BertForPreTraining` on the same batches. */
export function pretrainingSpeeds(training: TimedPretraining): Speeds {
  const folder = mkdtempSync(join(tmpdir(), "libbert-bench-"));
  try {
    const data = training.data ?? madeCorpus(join(folder, "shards"), training);
    using corpus = ShardedCorpus.open(data);
    const batches = drawBatches(corpus, training);
    const timed = batches.slice(training.steps);
    const config = bertPreset(training.size, { vocab_size: corpus.vocabulary.size });
    const packed = timed.map((batch) => batch.packed);
    const tokens = tokensOf(packed);
    const flops = timed.reduce((sum, { packed: { cuSeqlens }, maskedLabels }) => {
      return (
        sum +
        trainingFlops(config.encoder, { lengths: lengthsOf(cuSeqlens), predictions: maskedLabels.length })
      );
    }, 0);
    return {
      transformers: training.python
        ? tokens /
          secondsOfTransformers(folder, batches, config.json, { ...training, python: training.python })
        : null,
      libbert: speedOfLibbert(folder, data, training),
      flopsPerToken: flops / tokens,
      padding: paddingShare(packed),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function madeCorpus(directory: string, { steps, batchSize, maxSeqLength }: TimedPretraining): string {
  mkdirSync(directory);
  writeMadeCorpus(directory, 4 * 2 * steps * batchSize * maxSeqLength); // some documents end in a short sequence
  return directory;
}

/** The batches that `libbert pretrain` draws. */
function drawBatches(
  corpus: ShardedCorpus,
  { steps, batchSize, maxSeqLength, shortSequences }: TimedPretraining,
): PretrainingBatch[] {
  const options = { seed: SEED, maxSeqLength, shortSequenceProbability: shortSequences };
  const epoch = new PretrainingEpoch(corpus, options, 0);
  if (epoch.size < 2 * steps * batchSize) throw new Error(`The corpus has only ${epoch.size} sequences`);
  return Array.from({ length: 2 * steps }, (_, step) => epoch.batch(step * batchSize, batchSize));
}

function secondsOfTransformers(
  folder: string,
  batches: readonly PretrainingBatch[],
  config: object,
  training: TimedPretraining & { python: string },
): number {
  const [batchFile, model] = [join(folder, "batches.safetensors"), join(folder, "config.json")];
  writeBatches(batchFile, batches.map(paddedForPretraining));
  writeFileSync(model, JSON.stringify(config));
  return trainWithTransformers({ ...training, batches: batchFile, model }).seconds;
}

/** Tokens a second, with all that the command does while it trains: drawing the batches, the updates, the log. */
function speedOfLibbert(folder: string, data: string, training: TimedPretraining): number {
  const { steps, batchSize, maxSeqLength } = training;
  const outputDir = join(folder, "run");
  runProgram(process.execPath, [
    ...[join(import.meta.dirname, "../lib/cli/main.js"), "pretrain", "--data", data],
    ...["--output-dir", outputDir, "--size", training.size, "--steps", String(2 * steps)],
    ...["--batch-size", String(batchSize), "--max-seq-length", String(maxSeqLength)],
    ...["--device", training.device, "--dtype", training.dtype, "--optimizer", "adamw"],
    ...["--short-sequence-probability", String(training.shortSequences), "--seed", String(SEED)],
    ...["--log-every", String(steps), "--evaluation-sequences", "1"],
  ]);
  return loggedUpdates(outputDir)[1]!.tokensPerSecond;
}
