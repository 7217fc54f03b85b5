import { loadNetwork } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import type { PretrainingHead } from "../../lib/models/heads/pretraining-head.js";
import type { Network } from "../../lib/models/network.js";
import type { PackableSequence } from "../../lib/models/packing.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import { learningRateAt } from "../../lib/optim/schedule.js";
import { networkOf, pretrainingLayout } from "../../lib/pre-training/pretrainer.js";
import { tensor } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import type { Training } from "../../lib/train/training.js";
import { DEVICE, onDevice } from "./device.js";
import { type Curve, type GoldenTensors, goldenPath, inputOf } from "./golden.js";

/** A sequence with what both tasks ask of it. */
export interface PretrainingExample {
  /** Its number within the batch, which names its dropout masks. */
  id: number;
  sequence: PackableSequence;
  /** Positions within the sequence, and the words that were there. */
  masked: { position: number; word: number }[];
  /** 0: the second segment follows the first; 1: it does not. */
  nextSentence: number;
}

/** An encoder with both heads. */
export type PretrainingModel = Network<PretrainingHead>;

/** The tiny model with both heads of the golden values. Dropout is off. */
export function loadTinyPretraining(directory = goldenPath("tiny-bert-pretraining")): PretrainingModel {
  const config = readConfig(directory);
  const model = withoutInitialisation(() => networkOf(config, "mlm+nsp")) as PretrainingModel;
  using weights = new CheckpointWeights(directory);
  loadNetwork(model, weights, pretrainingLayout(config, "mlm+nsp"));
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
      .map((position, index) => ({ position: position - starts[id]!, word: words[index]! }))
      .filter(({ position }) => position >= 0 && position < sequence.inputIds.length);
    return { id, sequence, masked, nextSentence: nextSentence[id]! };
  });
}

/** Both heads' logits on a batch. */
export function logitsOf(model: PretrainingModel, examples: readonly PretrainingExample[]) {
  let start = 0; // of the sequence, in the packed batch
  const positions: number[] = [];
  for (const { sequence, masked } of examples) {
    positions.push(...masked.map(({ position }) => start + position));
    start += sequence.inputIds.length;
  }
  const input = inputOf(
    examples.map(({ sequence }) => sequence),
    examples.map(({ id }) => id),
  );
  const masked = tensor(Int32Array.from(positions), { device: DEVICE });
  return model.head.forward(model.encoder.forward(input), input, masked, model.encoder);
}

/** Each task's loss, summed over the batch. */
export function lossSums(model: PretrainingModel, examples: readonly PretrainingExample[]) {
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
 */
export function pretrainingTraining(
  model: PretrainingModel,
  updates: PretrainingExample[][][],
  curve: Curve,
  newOptimizer: (parameters: FlatParameters) => Optimizer,
): Training<PretrainingExample[]> {
  const parameters = new FlatParameters(model.namedParameters(), { device: DEVICE });
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
  };
}
