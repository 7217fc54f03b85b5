import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ShardedCorpus } from "../lib/data/corpus/sharded-corpus.js";
import { type PretrainingBatch, PretrainingEpoch } from "../lib/data/pretraining/pretraining-epoch.js";
import { type BertSize, bertPreset } from "../lib/models/model-config.js";
import { writeMadeCorpus } from "./made-corpus.js";
import { paddedForPretraining, paddingShare, tokensOf, writeBatches } from "./padded-batches.js";
import { loggedUpdates } from "./run-log.js";
import { runProgram } from "./run-program.js";
import type { PreparedTraining, TrainingSettings } from "./speeds.js";
import { lengthsOf, trainingFlops } from "./training-flops.js";
import { trainWithTransformers } from "./transformers-loop.js";

export interface PretrainingSettings extends TrainingSettings {
  size: BertSize;
  /** The share of sequences that are meant to be short. */
  shortSequences: number;
  /** A prepared corpus; default: made-up documents, BERT's number of pieces. */
  data?: string;
}

const SEED = 1;

/** `libbert pretrain` and transformers' `BertForPreTraining`, on the same batches. */
export function preparePretraining(folder: string, settings: PretrainingSettings): PreparedTraining {
  const data = settings.data ?? madeCorpus(join(folder, "shards"), settings);
  using corpus = ShardedCorpus.open(data);
  const config = bertPreset(settings.size, { vocab_size: corpus.vocabulary.size });
  const [batchFile, model] = [join(folder, "batches.safetensors"), join(folder, "config.json")];
  const batches = drawBatches(corpus, settings);
  writeBatches(batchFile, batches.map(paddedForPretraining));
  writeFileSync(model, JSON.stringify(config.json));
  const timed = batches.slice(settings.steps);
  const packed = timed.map((batch) => batch.packed);
  const tokens = tokensOf(packed);
  const flops = timed.reduce((sum, { packed: { cuSeqlens }, maskedLabels }) => {
    const batch = { lengths: lengthsOf(cuSeqlens), predictions: maskedLabels.length };
    return sum + trainingFlops(config.encoder, batch);
  }, 0);
  return {
    libbert: async () => speedOfLibbert(join(folder, "run"), data, settings),
    transformers: (loop) =>
      tokens / trainWithTransformers({ ...settings, ...loop, batches: batchFile, model }).seconds,
    flopsPerToken: flops / tokens,
    padding: paddingShare(packed),
  };
}

function madeCorpus(directory: string, { steps, batchSize, maxSeqLength }: PretrainingSettings): string {
  mkdirSync(directory);
  writeMadeCorpus(directory, 4 * 2 * steps * batchSize * maxSeqLength); // some documents end in a short sequence
  return directory;
}

/** The batches that `libbert pretrain` draws. */
function drawBatches(
  corpus: ShardedCorpus,
  { steps, batchSize, maxSeqLength, shortSequences }: PretrainingSettings,
): PretrainingBatch[] {
  const options = { seed: SEED, maxSeqLength, shortSequenceProbability: shortSequences };
  const epoch = new PretrainingEpoch(corpus, options, 0);
  if (epoch.size < 2 * steps * batchSize) throw new Error(`The corpus has only ${epoch.size} sequences`);
  return Array.from({ length: 2 * steps }, (_, step) => epoch.batch(step * batchSize, batchSize));
}

/** Tokens a second, with all that the command does while it trains: drawing the batches, the updates, the log. */
function speedOfLibbert(outputDir: string, data: string, settings: PretrainingSettings): number {
  const { steps, batchSize, maxSeqLength } = settings;
  rmSync(outputDir, { recursive: true, force: true }); // of a run before
  runProgram(process.execPath, [
    ...[join(import.meta.dirname, "../lib/cli/main.js"), "pretrain", "--data", data],
    ...["--output-dir", outputDir, "--size", settings.size, "--steps", String(2 * steps)],
    ...["--batch-size", String(batchSize), "--max-seq-length", String(maxSeqLength)],
    ...["--device", settings.device, "--dtype", settings.dtype, "--optimizer", "adamw"],
    ...["--short-sequence-probability", String(settings.shortSequences), "--seed", String(SEED)],
    ...["--log-every", String(steps), "--evaluation-sequences", "1"],
  ]);
  return loggedUpdates(outputDir)[1]!.tokensPerSecond;
}
