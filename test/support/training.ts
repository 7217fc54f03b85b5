import assert from "node:assert/strict";
import type { SequenceHead } from "../../lib/models/heads/sequence-head.js";
import type { Network } from "../../lib/models/network.js";
import type { PackableSequence } from "../../lib/models/packing.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { AdamW, type AdamWOptions } from "../../lib/optim/adamw.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { learningRateAt, type Schedule, type ScheduleName } from "../../lib/optim/schedule.js";
import { tensor } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { type Training, train, type UpdateReport } from "../../lib/train/train.js";
import { DEVICE } from "./device.js";
import { GoldenTensors, inputOf } from "./golden.js";
import { loadTinyBert, logitsOf } from "./networks.js";

/** Sequences with their numbers within the epoch and their classes. */
export interface LabelledBatch {
  sequences: PackableSequence[];
  ids: number[];
  labels: number[];
}

/** The batch that lies under `prefix` in a golden file. */
export function goldenBatch(golden: GoldenTensors, prefix = ""): LabelledBatch {
  const sequences = golden.sequences(prefix);
  return { sequences, ids: [...sequences.keys()], labels: [...golden.values(`${prefix}labels`)] };
}

/** A batch in consecutive pieces of `size` sequences. */
export function split({ sequences, ids, labels }: LabelledBatch, size: number): LabelledBatch[] {
  return Array.from({ length: Math.ceil(labels.length / size) }, (_, index) => {
    const [start, end] = [index * size, (index + 1) * size];
    return {
      sequences: sequences.slice(start, end),
      ids: ids.slice(start, end),
      labels: labels.slice(start, end),
    };
  });
}

export interface Settings {
  epochs: number;
  learningRate: number;
  warmupSteps?: number;
  schedule?: ScheduleName;
  maxGradNorm?: number;
  seed?: number;
  dtype?: DType;
  optimizer?: AdamWOptions;
  /** By a parameter's name; default: 1. */
  learningRateScale?: (name: string) => number;
}

/**
 * What `train()` needs to train a classifier on the same updates in every epoch.
 *
 * @param updates each a list of micro-batches
 */
export function classifierTraining(
  network: Network<SequenceHead>,
  updates: LabelledBatch[][],
  settings: Settings,
): Training<LabelledBatch> {
  const { dtype, learningRateScale } = settings;
  const parameters = new FlatParameters(network.namedParameters(), {
    dtype,
    learningRateScale,
    device: DEVICE,
  });
  const schedule: Schedule = {
    name: settings.schedule ?? "linear",
    learningRate: settings.learningRate,
    warmupSteps: settings.warmupSteps ?? 0,
    totalSteps: settings.epochs * updates.length,
  };
  return {
    parameters,
    optimizer: new AdamW(parameters, settings.optimizer),
    learningRate: (step) => learningRateAt(step, schedule),
    updates: Array.from({ length: settings.epochs }, () => updates).flat(),
    counts: ({ labels }) => ({ rows: labels.length }),
    loss: ({ sequences, ids, labels }, totals) => {
      const logits = logitsOf(network, inputOf(sequences, ids));
      return crossEntropy(logits, tensor(labels, { dtype: "int64", device: DEVICE }), "sum").div(
        totals.rows!,
      );
    },
    maxGradNorm: settings.maxGradNorm ?? 1,
    seed: settings.seed ?? 1,
  };
}

/** Trains to the end, and returns the report of every update. */
export async function reportsOf<Batch>(training: Training<Batch>): Promise<UpdateReport<Batch>[]> {
  const all: UpdateReport<Batch>[] = [];
  for await (const reports of train(training)) all.push(...reports);
  return all;
}

/** Trains until an error ends it: the reports that came before, and the error. */
export async function failureOf<Batch>(training: Training<Batch>): Promise<{
  reports: UpdateReport<Batch>[];
  error: Error & { code?: string; lastGoodStep?: number | null };
}> {
  const reports: UpdateReport<Batch>[] = [];
  try {
    for await (const some of train(training)) reports.push(...some);
  } catch (error) {
    return { reports, error: error as Error };
  }
  assert.fail("the training came to its end");
}

/** The five batches of the golden runs of the tiny model, eight sequences each. */
export function tinyBatches(): LabelledBatch[] {
  const golden = new GoldenTensors("tiny_training.safetensors");
  return [0, 1, 2, 3, 4].map((index) => goldenBatch(golden, `batch.${index}.`));
}

/** A training of the tiny model with dropout on, on the golden batches: by default four epochs of five updates. */
export function tinyTraining(
  settings: Partial<Settings> = {},
  updates: LabelledBatch[][] = tinyBatches().map((batch) => [batch]),
) {
  const network = loadTinyBert().train();
  return classifierTraining(network, updates, { epochs: 4, learningRate: 1e-3, ...settings });
}

/** The optimizer's float32 weights, as bytes to compare bit for bit. */
export function masterBytes(parameters: FlatParameters): Buffer {
  return Buffer.concat(parameters.groups.map(({ master }) => master.toBytes()));
}
