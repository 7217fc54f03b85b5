/** Networks of the tests: an encoder with one of the heads, from golden checkpoints or with random weights. */
import { existsSync } from "node:fs";
import {
  loadNetwork,
  type NetworkLayout,
  type NetworkLoading,
  stateOf,
} from "../../lib/checkpoint/load-network.js";
import { readConfig, writeModel } from "../../lib/checkpoint/model-directory.js";
import { networkTensors } from "../../lib/checkpoint/tensors-to-store.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import type { EncoderInput } from "../../lib/models/encoder-input.js";
import { bert } from "../../lib/models/families/bert.js";
import { AnswerHead } from "../../lib/models/heads/answer-head.js";
import type { HeadKind } from "../../lib/models/heads/head-kind.js";
import { MaskedWordHead } from "../../lib/models/heads/masked-word-head.js";
import { PretrainingHead } from "../../lib/models/heads/pretraining-head.js";
import { SequenceHead } from "../../lib/models/heads/sequence-head.js";
import { TokenHead } from "../../lib/models/heads/token-head.js";
import type { ConfigJson, ModelConfig } from "../../lib/models/model-config.js";
import { Network } from "../../lib/models/network.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { Module } from "../../lib/nn/module.js";
import type { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { tensor } from "../../lib/tensor/create.js";
import { scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE, onDevice } from "./device.js";
import { type GoldenTensors, goldenPath } from "./golden.js";

export const MINILM = "../shared/data/models/all-minilm-l6-v2";

/** What a test of MiniLM passes as `skip`: a reason where its files are missing. */
export const withoutMiniLM = existsSync(MINILM) ? false : `${MINILM} is missing`;

const CLASSIFIER: NetworkLayout = { family: bert, head: "sequence-classification" };

/** No head: for an encoder alone. */
export class NoHead extends Module {}

/** The head of each kind, for a configuration; `outputs` counts where the kind has a choice. */
const HEADS = {
  "sequence-classification": ({ encoder, family }, outputs) =>
    new SequenceHead(encoder, family.pooler, outputs),
  "multiple-choice": ({ encoder, family }) => new SequenceHead(encoder, family.pooler, 1),
  "token-classification": ({ encoder }, outputs) => new TokenHead(encoder, outputs),
  "question-answering": ({ encoder }) => new AnswerHead(encoder),
  "masked-lm": ({ encoder, family }) => new MaskedWordHead(encoder, family.wordActivation(encoder)),
  "causal-lm": ({ encoder, family }) => new MaskedWordHead(encoder, family.wordActivation(encoder)),
  pretraining: ({ encoder, family }) =>
    new PretrainingHead(encoder, family.wordActivation(encoder), family.pooler),
} satisfies Record<HeadKind, (config: ModelConfig, outputs: number) => Module>;

export type HeadOf<Kind extends HeadKind> = ReturnType<(typeof HEADS)[Kind]>;

/** A network with random weights. */
export function newNetwork<Kind extends HeadKind>(
  config: ModelConfig,
  kind: Kind,
  outputs = 2,
): Network<HeadOf<Kind>> {
  const encoder = config.family.createEncoder(config.encoder);
  return new Network(encoder, HEADS[kind](config, outputs)) as Network<HeadOf<Kind>>;
}

/** The encoder alone of a saved model. Dropout is off. */
export function loadSavedEncoder(directory: string): Network<NoHead> {
  const { family, encoder } = readConfig(directory);
  const network = withoutInitialisation(() => new Network(family.createEncoder(encoder), new NoHead()));
  using weights = new CheckpointWeights(directory);
  loadNetwork(network, weights, { family, head: null });
  return onDevice(network.eval());
}

/** The network of a saved model. Dropout is off. */
export function loadSavedNetwork<Kind extends HeadKind>(
  directory: string,
  kind: Kind,
  outputs?: number,
  loading: Omit<NetworkLoading, keyof NetworkLayout> = {},
): Network<HeadOf<Kind>> {
  const config = readConfig(directory);
  const network = withoutInitialisation(() => newNetwork(config, kind, outputs));
  using weights = new CheckpointWeights(directory);
  loadNetwork(network, weights, { family: config.family, head: kind, ...loading });
  return onDevice(network.eval());
}

/** Writes a network as a model directory. */
export function writeNetwork(
  directory: string,
  network: Network,
  json: ConfigJson,
  layout: NetworkLayout = CLASSIFIER,
): void {
  scope(() => writeModel(directory, json, networkTensors(network, layout)));
}

/** The tiny classifier of the golden values, from one of its layouts. Dropout is off. */
export function loadTinyBert(layout = "tiny-bert"): Network<SequenceHead> {
  return loadSavedNetwork(goldenPath(layout), "sequence-classification", 3);
}

/** all-MiniLM-L6-v2 with the classification layer that the golden file brings. Dropout is off. */
export function loadMiniLM(golden: GoldenTensors): Network<SequenceHead> {
  const network = loadSavedNetwork(MINILM, "sequence-classification", 2, { newHead: "lacks" });
  noGrad(() => {
    for (const name of ["weight", "bias"] as const) {
      using stored = golden.tensor(`classifier.${name}`);
      network.head.classifier[name].copy_(stored);
    }
  });
  return network;
}

/** What a classifier says of a batch: logits [B, labels]. */
export function logitsOf({ encoder, head }: Network<SequenceHead>, input: EncoderInput): Tensor {
  return head.forward(encoder.forward(input), input);
}

/**
 * What a head says of the tokens of a batch: logits [T, outputs].
 *
 * @param positions the tokens of the packed batch, of a `TokenHead`. Default: all
 */
export function tokenLogitsOf(
  { encoder, head }: Network<TokenHead | AnswerHead>,
  input: EncoderInput,
  positions?: readonly number[],
): Tensor {
  const encoded = encoder.forward(input);
  if (head instanceof AnswerHead) return head.forward(encoded, input);
  return head.forward(encoded, input, positions && tensor(Int32Array.from(positions), { device: DEVICE }));
}

/** Every stored tensor of a network as numbers, under its checkpoint's name. */
export function valuesOf(network: Network, layout: NetworkLayout = CLASSIFIER): Map<string, Float64Array> {
  return scope(
    () => new Map([...stateOf(network, layout)].map(([name, tensor]) => [name, tensor.toArray()])),
  );
}

/**
 * The gradients under the checkpoint's names, which split `queryKeyValue`. The network's weights are overwritten: its
 * own naming then shows the gradients.
 */
export function gradientsOf(
  network: Network,
  parameters: FlatParameters,
  layout: NetworkLayout = CLASSIFIER,
): Map<string, Float64Array> {
  noGrad(() => {
    for (const { weight, gradient } of parameters.groups) weight.copy_(gradient!);
  });
  return valuesOf(network, layout);
}
