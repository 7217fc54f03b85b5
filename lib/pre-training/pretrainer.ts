import type { NetworkLayout } from "../checkpoint/load-network.js";
import { writeModel } from "../checkpoint/model-directory.js";
import { type ModelWeights, trainedWeights } from "../checkpoint/model-weights.js";
import { TRAINED_DTYPE } from "../checkpoint/save-model.js";
import type { Objective, PretrainingBatch } from "../data/pretraining/pretraining-epoch.js";
import { type OnDevice, onDevice } from "../models/device-batch.js";
import { firstTokens } from "../models/encoder-input.js";
import { checkpointName } from "../models/families/family.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import { MaskedWordHead } from "../models/heads/masked-word-head.js";
import { PretrainingHead } from "../models/heads/pretraining-head.js";
import type { ModelConfig } from "../models/model-config.js";
import { Network } from "../models/network.js";
import { withRoundedWords } from "../models/rounded-batch.js";
import { crossEntropySum } from "../nn/functional.js";
import { FlatParameters } from "../optim/flat-parameters.js";
import type { Compute } from "../tensor/compute.js";
import { cat, stack } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Counts, Totals } from "../train/totals.js";

/** The encoder with what is trained on top of it. */
export type PretrainingNetwork = Network<PretrainingHead | MaskedWordHead>;

/** The head that has what an objective trains, and nothing else. */
const HEAD_KINDS: Record<Objective, HeadKind> = {
  "mlm+nsp": "pretraining",
  mlm: "masked-lm",
  causal: "causal-lm",
};

export interface PretrainerParts {
  network: PretrainingNetwork;
  config: ModelConfig;
  objective: Objective;
  compute: Compute;
}

/** What a model says of a batch of B sequences with M tokens to predict. */
export interface PretrainingOutputs {
  wordLogits: Tensor; // [M, V]
  /** Null where the objective has no pairs. */
  nextSentenceLogits: Tensor | null; // [B, 2]
}

/** A model in pre-training, on the device that it computes on. */
export class Pretrainer implements Disposable {
  readonly network: PretrainingNetwork;
  readonly config: ModelConfig;
  readonly objective: Objective;
  readonly compute: Compute;
  /** By the checkpoint's names, as snapshots have them. */
  readonly parameters: FlatParameters;
  readonly #weights: ModelWeights;

  constructor({ network, config, objective, compute }: PretrainerParts) {
    this.network = network;
    this.config = config;
    this.objective = objective;
    this.compute = compute;
    const layout = pretrainingLayout(config, objective);
    const named = Array.from(network.namedParameters(), ([name, parameter]) => {
      return [checkpointName(layout.family, layout.head, name), parameter] as [string, typeof parameter];
    });
    this.parameters = new FlatParameters(named, compute);
    this.#weights = trainedWeights(network, layout, this.parameters);
  }

  train(training: boolean): void {
    this.network.train(training);
  }

  /** The batch where the model computes. */
  onDevice(batch: PretrainingBatch): OnDevice<PretrainingBatch> {
    return onDevice(batch, this.compute.device);
  }

  outputs({ input: given, maskedPositions: positions }: OnDevice<PretrainingBatch>): PretrainingOutputs {
    const { encoder, head } = this.network;
    const batch = { ...given, causal: this.objective === "causal" };
    if (head instanceof PretrainingHead) {
      const { encoded, input } = this.network.encode(batch, cat([firstTokens(batch), positions]));
      return head.forward(encoded, input, positions, encoder);
    }
    const { lastHiddenState } = this.network.encode(batch, positions).encoded;
    return { wordLogits: head.forward(lastHiddenState, encoder), nextSentenceLogits: null };
  }

  counts({ maskedLabels, nextSentenceLabels }: PretrainingBatch): Counts {
    return { words: maskedLabels.length, pairs: nextSentenceLabels?.length ?? 0 };
  }

  /** The class of transformers that loads what is saved. */
  get architecture(): string {
    return this.config.family.heads[HEAD_KINDS[this.objective]]!.architecture;
  }

  /** Of what the loss is the sum. */
  get lossParts(): number {
    return this.objective === "mlm+nsp" ? 2 : 1;
  }

  /** The batch's share of the loss, [lossParts]: masked words and next sentence, each a mean over its own count. */
  loss(batch: PretrainingBatch, totals: Totals): Tensor {
    return this.lossOnDevice(this.onDevice(batch), totals);
  }

  /** The batch with the shape of many others; null where the encoder reads some of its tokens in a way of their own. */
  rounded(batch: PretrainingBatch): PretrainingBatch | null {
    return this.network.encoder.countsAllTokens(batch.packed) ? withRoundedWords(batch) : null;
  }

  /** As `loss`. */
  lossOnDevice(batch: OnDevice<PretrainingBatch>, totals: Totals): Tensor {
    const { wordLogits, nextSentenceLogits } = this.outputs(batch);
    const words = lossSum(wordLogits, batch.maskedLabels).div(totals.words!);
    if (nextSentenceLogits === null) return stack([words]);
    const pairs = lossSum(nextSentenceLogits, batch.nextSentenceLabels!).div(totals.pairs!);
    return stack([words, pairs]);
  }

  /** See `writeModel`. */
  write(directory: string, others: readonly string[]): void {
    const json = configJson(this);
    this.#weights.store((tensors) => writeModel(directory, json, tensors, others));
  }

  [Symbol.dispose](): void {
    this.#weights.dispose();
  }
}

export function networkOf({ family, encoder }: ModelConfig, objective: Objective): PretrainingNetwork {
  const activation = family.wordActivation(encoder);
  const head =
    objective === "mlm+nsp"
      ? new PretrainingHead(encoder, activation, family.pooler)
      : new MaskedWordHead(encoder, activation);
  return new Network(family.createEncoder(encoder), head);
}

export function pretrainingLayout({ family }: ModelConfig, objective: Objective): NetworkLayout {
  return { family, head: HEAD_KINDS[objective] };
}

/** As transformers' class for the objective has it. */
function configJson({ config: { json }, objective, architecture }: Pretrainer) {
  const { is_decoder: _, ...rest } = json; // of the checkpoint, which may have read in another direction
  const direction = objective === "causal" ? { is_decoder: true } : {};
  return { ...rest, ...direction, ...TRAINED_DTYPE, architectures: [architecture] };
}

/** Of logits that nothing needs after `backward()`. */
export function lossSum(logits: Tensor, labels: Tensor): Tensor {
  return crossEntropySum(logits, labels.to("int64"));
}
