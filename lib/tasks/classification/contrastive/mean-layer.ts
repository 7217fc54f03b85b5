import type { Checkpoint } from "../../../checkpoint/checkpoint.js";
import { BertModel } from "../../../models/bert/bert-model.js";
import type { BertLayer } from "../../../models/bert/layers.js";
import type { SequenceHead } from "../../../models/heads/sequence-head.js";
import type { Network } from "../../../models/network.js";
import type { Module } from "../../../nn/module.js";
import { noGrad } from "../../../tensor/autograd.js";
import { tensor } from "../../../tensor/create.js";
import { scope } from "../../../tensor/scope.js";
import type { Tensor } from "../../../tensor/tensor.js";

/** By how much the mean outweighs the token's own vector, which the residual connection adds to it. */
const OUTWEIGHS = 1000;

/** What is saved of a model that has a layer more than the checkpoint. */
export function withMeanLayer(checkpoint: Checkpoint): Checkpoint {
  const { json, family, encoder } = checkpoint;
  return { ...checkpoint, json: { ...json, [family.layersField]: encoder.numHiddenLayers + 1 } };
}

/**
 * Puts a layer on top of an encoder whose output is, for each token, the mean of all tokens' vectors, normalised as LayerNorm does; and
 * has the pooler pass that on with length 1, where tanh is as good as linear. So the vector of a text is the mean of its
 * tokens' vectors, as in sentence-transformers, in a model that transformers has a class for. Neither is trained.
 *
 * Queries and keys of zeros make every token attend to all of them alike; values are the tokens' vectors; the feed-forward network
 * adds nothing.
 */
export function addMeanLayer({ encoder, head }: Network<SequenceHead>): void {
  if (!(encoder instanceof BertModel)) throw new Error("Expected an encoder of BERT's layers");
  const { hiddenSize: width } = encoder.config;
  const layer = encoder.addFixedLayer();
  noGrad(() =>
    scope(() => {
      freeze(layer, head.pooler);
      setMeanLayer(layer, width);
      head.pooler.dense.weight.copy_(diagonal(width, 1 / Math.sqrt(width)));
    }),
  );
}

function freeze(...modules: Module[]): void {
  for (const module of modules) {
    for (const [, parameter] of module.namedParameters()) {
      parameter.requiresGrad = false;
      parameter.fill_(0);
    }
  }
}

function setMeanLayer({ attention, output }: BertLayer, width: number): void {
  const values = attention.self.queryKeyValue.weight.narrow(0, 2 * width, width);
  values.copy_(diagonal(width, 1));
  attention.output.dense.weight.copy_(diagonal(width, OUTWEIGHS));
  for (const { LayerNorm } of [attention.output, output]) LayerNorm.weight.fill_(1);
}

function diagonal(width: number, value: number): Tensor {
  const values = new Float32Array(width * width);
  for (let index = 0; index < width; index++) values[index * (width + 1)] = value;
  return tensor(values, { shape: [width, width] });
}
