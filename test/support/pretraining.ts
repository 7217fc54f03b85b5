import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import type { PackableSequence } from "../../lib/data/packing.js";
import { BertForPreTraining } from "../../lib/models/pretraining.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import { learningRateAt } from "../../lib/optim/schedule.js";
import { tensor } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import type { Training, UpdateReport } from "../../lib/train/train.js";
import { DEVICE, onDevice } from "./device.js";
import { type Curve, type GoldenTensors, goldenPath, inputOf } from "./golden.js";

/** A sequence with what both tasks ask of it. */
export interface PretrainingExample {
  /** Its number within the batch, which names its dropout masks. */
  id: number;
  sequence: PackableSequence;
  /** Places within the sequence, and the words that were there. */
  masked: { place: number; word: number }[];
  /** 0: the second segment follows the first; 1: it does not. */
  nextSentence: number;
}

/** The tiny model with both heads of the golden values. Dropout is off. */
export function loadTinyPretraining(directory = goldenPath("tiny-bert-pretraining")): BertForPreTraining {
  const config = readConfig(directory);
  const model = withoutInitialisation(() => new BertForPreTraining(config));
  loadWeights(model, directory);
  return onDevice(model.eval());
}

/** The batch that lies under `prefix` in a golden file. */
export function goldenExamples(golden: GoldenTensors, prefix = ""): PretrainingExample[] {
  const positions = [...golden.values(`${prefix}masked_positions`)];
  const words = golden.values(`${prefix}masked_words`);
  const nextSentence = golden.values(`${prefix}next_sentence_labels`);
  const starts = golden.values(`${prefix}cu_seqlens`);
  return golden.sequences(prefix).map((sequence, id) => {
    const masked = positions
      .map((position, index) => ({ place: position - starts[id]!, word: words[index]! }))
      .filter(({ place }) => place >= 0 && place < sequence.inputIds.length);
    return { id, sequence, masked, nextSentence: nextSentence[id]! };
  });
}

/** Both heads' logits on a batch. */
export function logitsOf(model: BertForPreTraining, examples: readonly PretrainingExample[]) {
  let start = 0; // of the sequence, in the packed batch
  const positions: number[] = [];
  for (const { sequence, masked } of examples) {
    positions.push(...masked.map(({ place }) => start + place));
    start += sequence.inputIds.length;
  }
  const input = inputOf(
    examples.map(({ sequence }) => sequence),
    examples.map(({ id }) => id),
  );
  return model.forward(input, tensor(Int32Array.from(positions), { device: DEVICE }));
}

/** Each task's loss, summed over the batch. */
export function lossSums(model: BertForPreTraining, examples: readonly PretrainingExample[]) {
  const { wordLogits, nextSentenceLogits } = logitsOf(model, examples);
  const words = examples.flatMap(({ masked }) => masked.map(({ word }) => word));
  const nextSentence = examples.map((example) => example.nextSentence);
  const sum = (logits: Tensor, labels: number[]) =>
    crossEntropy(logits, tensor(labels, { dtype: "int64", device: DEVICE }), "sum");
  return { words: sum(wordLogits, words), pairs: sum(nextSentenceLogits, nextSentence) };
}

/** How many losses of each task a batch has. */
export function countsOf(examples: readonly PretrainingExample[]) {
  return {
    words: examples.reduce((count, { masked }) => count + masked.length, 0),
    pairs: examples.length,
  };
}

/**
 * What `train()` needs to repeat a golden run.
 *
 * @param updates each a list of micro-batches, taken in turn for as many steps as the curve has
 * @returns `reports` fills as the updates are made
 */
export function pretrainingTraining(
  model: BertForPreTraining,
  updates: PretrainingExample[][][],
  curve: Curve,
  newOptimizer: (parameters: FlatParameters) => Optimizer,
): Training<PretrainingExample[]> & { reports: UpdateReport[] } {
  const parameters = new FlatParameters(model.namedParameters(), "float32", undefined, DEVICE);
  const reports: UpdateReport[] = [];
  const { learningRate, warmupSteps, maxGradNorm, steps } = curve;
  const schedule = { name: "linear", learningRate, warmupSteps, totalSteps: steps } as const;
  return {
    parameters,
    optimizer: newOptimizer(parameters),
    learningRate: (step) => learningRateAt(step, schedule),
    updates: Array.from({ length: steps }, (_, step) => updates[step % updates.length]!),
    counts: countsOf,
    loss: (examples, totals) => {
      const { words, pairs } = lossSums(model, examples);
      return words.div(totals.words!).add(pairs.div(totals.pairs!));
    },
    maxGradNorm,
    seed: 1,
    onUpdate: (report) => {
      reports.push(report);
    },
    reports,
  };
}
