import type { EncoderConfig } from "../models/encoder-config.js";
import type { Family } from "../models/families/family.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import { activate } from "./activation.js";
import type { Draft } from "./draft.js";
import type { Value } from "./graph-builder.js";
import { choiceCounts } from "./inputs.js";
import { addBias, largeLinear, layerNorm, linear, wordProducts } from "./layers.js";

/** What a head is put on. */
export interface Encoded {
  family: Family;
  config: EncoderConfig;
  hiddenStates: readonly Value[]; // [B, S, H]
}

type PutHead = (draft: Draft, encoded: Encoded) => void;

/** The heads of tasks with their outputs, by the names that transformers has for these. */
const HEAD: Readonly<Partial<Record<HeadKind, PutHead>>> = {
  "sequence-classification"(draft, encoded) {
    const name = "head.classifier";
    const logits = linear(draft, pooled(draft, encoded), name);
    draft.graph.output("logits", calibrated(draft, logits), ["batch_size", outputsOf(draft, name)]);
  },

  "multiple-choice"(draft, encoded) {
    const { graph } = draft;
    const worth = linear(draft, pooled(draft, encoded), "head.classifier"); // [B C, 1]
    const logits = graph.add("Reshape", [calibrated(draft, worth), choiceCounts(graph)]);
    graph.output("logits", logits, ["batch_size", "num_choices"]);
  },

  "token-classification"(draft, encoded) {
    const name = "head.classifier";
    const logits = linear(draft, tokenFeatures(draft, encoded), name);
    const shape = ["batch_size", "sequence_length", outputsOf(draft, name)];
    draft.graph.output("logits", calibrated(draft, logits), shape);
  },

  "question-answering"(draft, { hiddenStates }) {
    const { graph } = draft;
    const logits = linear(draft, hiddenStates.at(-1)!, "head.qa_outputs"); // [B, S, 2]
    for (const [place, name] of ["start_logits", "end_logits"].entries()) {
      const own = graph.add("Gather", [logits, graph.integer(place)], { axis: 2 });
      graph.output(name, own, ["batch_size", "sequence_length"]);
    }
  },

  "masked-lm"(draft, { family, config, hiddenStates }) {
    const { graph } = draft;
    const dense = linear(draft, hiddenStates.at(-1)!, "head.dense");
    const active = activate(graph, dense, family.wordActivation(config));
    const transformed = layerNorm(draft, active, "head.LayerNorm", config.layerNormEps);
    graph.output("logits", decoded(draft, transformed), ["batch_size", "sequence_length", config.vocabSize]);
  },
};

/** Puts a head on the encoder. */
export function head(draft: Draft, kind: HeadKind, encoded: Encoded): void {
  const put = HEAD[kind];
  if (!put) throw new Error(`No task has a head for ${kind}`);
  put(draft, encoded);
}

/** Logits whose softmax, or sigmoid, is what the calibrated model says. */
function calibrated({ graph, temperature }: Draft, logits: Value): Value {
  if (temperature === 1) return logits;
  return graph.add("Div", [graph.cast(logits, "float32"), graph.number(temperature, "float32")]);
}

/** What a family makes of the first token: → [B, H] */
function pooled(draft: Draft, { family, hiddenStates }: Encoded): Value {
  const { graph } = draft;
  const first = graph.add("Gather", [hiddenStates.at(-1)!, graph.integer(0)], { axis: 1 });
  return activate(graph, linear(draft, first, "head.pooler.dense"), family.pooler.activation);
}

/** What the classifier takes of each token: its last hidden state, or several, the last one first. */
function tokenFeatures({ graph, weights }: Draft, { config, hiddenStates }: Encoded): Value {
  const [, columns] = weights.shape("head.classifier.weight") as [number, number];
  const taken = hiddenStates.slice(-columns / config.hiddenSize).reverse();
  return taken.length === 1 ? taken[0]! : graph.add("Concat", taken, { axis: 2 });
}

/** Scores of all words: [B, S, H] → [B, S, V] */
function decoded(draft: Draft, x: Value): Value {
  if (draft.weights.has("head.decoder.weight")) return largeLinear(draft, x, "head.decoder");
  const products = wordProducts(draft, x, "encoder.embeddings.word_embeddings.weight");
  return addBias(draft, products, "head.bias");
}

function outputsOf({ weights }: Draft, layer: string): number {
  return weights.shape(`${layer}.weight`)[0]!;
}
