import type { SentenceModel, SentencePooling } from "../checkpoint/sentence/model.js";
import { checkLength } from "../features/sentence-vector.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import { sentenceLayer } from "./sentence-layer.js";

/** The vectors of a batch's tokens in float32, and 1 for each that is no padding. */
interface Tokens {
  hidden: Value; // [B, S, H]
  mask: Value; // [B, S]
}

/**
 * What `modules.json` makes of the last hidden state: [B, width]
 *
 * @param most how many numbers are left of a vector. Default: all
 */
export function sentenceVector(
  graph: GraphBuilder,
  model: SentenceModel,
  { hidden, attentionMask, hiddenSize }: { hidden: Value; attentionMask: Value; hiddenSize: number },
  most = Number.POSITIVE_INFINITY,
): { vector: Value; width: number } {
  const tokens = { hidden: graph.cast(hidden, "float32"), mask: graph.cast(attentionMask, "float32") };
  const pooled = model.poolings.map((pooling) => POOL[pooling](graph, tokens));
  let vector = pooled.length === 1 ? pooled[0]! : graph.add("Concat", pooled, { axis: 1 });
  let width = pooled.length * hiddenSize;
  for (const [index, layer] of model.layers.entries()) {
    checkLength(layer, width);
    vector = sentenceLayer(graph, layer, vector, `sentence.${index}`);
    if (layer.kind === "dense") width = layer.weight.rows;
  }
  if (width <= most) return { vector, width };
  const places = [0, most, 1].map((place) => graph.integers(place));
  return { vector: graph.add("Slice", [vector, ...places]), width: most };
}

type Pool = (graph: GraphBuilder, tokens: Tokens) => Value;

/** As in `lib/features/sentence-vector.ts`, for a padded batch. */
const POOL: Readonly<Record<SentencePooling, Pool>> = {
  cls: (graph, { hidden }) => graph.add("Gather", [hidden, graph.integer(0)], { axis: 1 }),
  max(graph, { hidden, mask }) {
    const isToken = graph.cast(graph.add("Unsqueeze", [mask, graph.integers(2)]), "bool");
    const kept = graph.add("Where", [isToken, hidden, graph.number(-3.4028234663852886e38, "float32")]);
    return graph.add("ReduceMax", [kept], { axes: [1], keepdims: 0 });
  },
  mean: (graph, tokens) => weightedMean(graph, tokens, tokens.mask),
  mean_sqrt_len_tokens: (graph, tokens) =>
    graph.add("Div", [
      weightedSum(graph, tokens, tokens.mask),
      graph.add("Sqrt", [total(graph, tokens.mask)]),
    ]),
  weightedmean: (graph, tokens) => weightedMean(graph, tokens, places(graph, tokens)),
  lasttoken(graph, tokens) {
    const isLast = graph.add("Equal", [places(graph, tokens), total(graph, tokens.mask)]);
    return weightedSum(graph, tokens, graph.cast(isLast, "float32"));
  },
};

/** The places of the tokens that are no padding, from 1; 0 for those that are: [B, S] */
function places(graph: GraphBuilder, { mask }: Tokens): Value {
  return graph.add("Mul", [graph.add("CumSum", [mask, graph.integer(1)]), mask]);
}

/** The sum of the weights, not less than a very small number: [B, S] → [B, 1] */
function total(graph: GraphBuilder, weights: Value): Value {
  const sum = graph.add("ReduceSum", [weights, graph.integers(1)], { keepdims: 1 });
  return graph.add("Max", [sum, graph.number(1e-9, "float32")]);
}

/** The sum of the tokens by weight: → [B, H] */
function weightedSum(graph: GraphBuilder, { hidden }: Tokens, weights: Value): Value {
  const rows = graph.add("Unsqueeze", [weights, graph.integers(1)]);
  return graph.add("Squeeze", [graph.add("MatMul", [rows, hidden]), graph.integers(1)]);
}

function weightedMean(graph: GraphBuilder, tokens: Tokens, weights: Value): Value {
  return graph.add("Div", [weightedSum(graph, tokens, weights), total(graph, weights)]);
}
