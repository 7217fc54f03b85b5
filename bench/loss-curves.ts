import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShardedCorpus } from "../lib/data/corpus/sharded-corpus.js";
import { PretrainingEpoch } from "../lib/data/pretraining/pretraining-epoch.js";
import { prepareCorpus } from "../lib/index.js";
import type { BertSize } from "../lib/models/model-config.js";
import { paddedForPretraining, writeBatches } from "./padded-batches.js";
import { writeRandomCheckpoint } from "./random-checkpoint.js";
import { loggedUpdates } from "./run-log.js";
import { runProgram } from "./run-program.js";
import { trainWithTransformers } from "./transformers-loop.js";

export interface LossCurves {
  libbert: number[];
  transformers: number[];
}

export interface CurveOptions {
  size: BertSize;
  steps: number;
  batchSize: number;
  maxSeqLength: number;
  device: string;
  dtype: string;
  python: string;
  /** Text to train on. */
  corpus: string;
  /** A vocab.txt. */
  vocabulary: string;
}

const SEED = 1;
const LEARNING_RATE = 1e-4; // transformers_loop.py's, which does not change

/** The losses of a pre-training with libbert and with transformers, from the same weights on the same batches, without dropout. */
export async function lossCurves(options: CurveOptions): Promise<LossCurves> {
  const folder = mkdtempSync(join(tmpdir(), "libbert-bench-"));
  try {
    const [model, data] = [join(folder, "model"), join(folder, "shards")];
    await writeRandomCheckpoint(model, { ...options, dropout: 0 });
    await prepareCorpus({ input: [options.corpus], vocab: model, outputDir: data, validationShare: 0 });
    return {
      libbert: lossesOfLibbert(join(folder, "run"), model, data, options),
      transformers: lossesOfTransformers(join(folder, "batches.safetensors"), model, data, options),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lossesOfLibbert(outputDir: string, model: string, data: string, options: CurveOptions): number[] {
  runProgram(process.execPath, [
    ...[
      join(import.meta.dirname, "../lib/cli/main.js"),
      "pretrain",
      "--data",
      data,
      "--continue-from",
      model,
    ],
    ...[
      "--output-dir",
      outputDir,
      "--steps",
      String(options.steps),
      "--batch-size",
      String(options.batchSize),
    ],
    ...[
      "--max-seq-length",
      String(options.maxSeqLength),
      "--device",
      options.device,
      "--dtype",
      options.dtype,
    ],
    ...["--optimizer", "adamw", "--learning-rate", String(LEARNING_RATE), "--schedule", "constant"],
    ...["--warmup-ratio", "0", "--seed", String(SEED), "--log-every", "1"],
  ]);
  return loggedUpdates(outputDir).map(({ loss }) => loss);
}

function lossesOfTransformers(batches: string, model: string, data: string, options: CurveOptions): number[] {
  using corpus = ShardedCorpus.open(data);
  const { batchSize, maxSeqLength, steps } = options;
  const epoch = new PretrainingEpoch(corpus, { seed: SEED, maxSeqLength }, 0);
  if (epoch.size < steps * batchSize) throw new Error(`${options.corpus} has only ${epoch.size} sequences`);
  const drawn = Array.from({ length: steps }, (_, step) => epoch.batch(step * batchSize, batchSize));
  writeBatches(batches, drawn.map(paddedForPretraining));
  return trainWithTransformers({ ...options, batches, model, compile: false }).losses;
}
