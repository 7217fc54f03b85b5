import type { EncoderConfig } from "../models/encoder-config.js";
import type { Draft } from "./draft.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import { largeLinear, layerNorm, parameter, wordVectors } from "./layers.js";

/** A padded batch, int64 [B, S] each. */
export interface TokenInputs {
  inputIds: Value;
  attentionMask: Value;
  /** Null where all tokens are of one type. */
  tokenTypeIds: Value | null;
}

/** Token, position and segment embeddings, summed and normalised, and as wide as the layers: → [B, S, H] */
export function embeddings(draft: Draft, config: EncoderConfig, inputs: TokenInputs): Value {
  const { graph } = draft;
  const name = "encoder.embeddings";
  const words = wordVectors(draft, inputs.inputIds, `${name}.word_embeddings.weight`);
  const table = parameter(draft, `${name}.position_embeddings.weight`);
  const placed = graph.add("Add", [words, positions(graph, config, table, inputs.inputIds)]);
  const summed =
    config.typeVocabSize === 0 ? placed : graph.add("Add", [placed, types(draft, inputs.tokenTypeIds)]);
  const normalised = layerNorm(draft, summed, `${name}.LayerNorm`, config.layerNormEps);
  return config.embeddingSize === null ? normalised : largeLinear(draft, normalised, `${name}.projection`);
}

/** The types' vectors; the only one's where there are no types to choose from. */
function types(draft: Draft, tokenTypeIds: Value | null): Value {
  const table = parameter(draft, "encoder.embeddings.token_type_embeddings.weight");
  return tokenTypeIds === null ? table : draft.graph.add("Gather", [table, tokenTypeIds]);
}

function positions(graph: GraphBuilder, config: EncoderConfig, table: Value, inputIds: Value): Value {
  const { firstPosition } = config;
  if (firstPosition > 0) return positionsBehindPadding(graph, table, inputIds, firstPosition - 1);
  const length = graph.add("Slice", [
    graph.add("Shape", [inputIds]),
    ...[1, 2].map((place) => graph.integers(place)),
  ]);
  return graph.add("Slice", [table, graph.integers(0), length, graph.integers(0)]); // [S, H]
}

/** RoBERTa counts the tokens that are no padding, behind the padding's own position, whose number is its id. */
function positionsBehindPadding(
  graph: GraphBuilder,
  table: Value,
  inputIds: Value,
  paddingId: number,
): Value {
  const padding = graph.integers(paddingId);
  const isToken = graph.add("Not", [graph.add("Equal", [inputIds, padding])]);
  const counted = graph.cast(isToken, "int64");
  const place = graph.add("Mul", [graph.add("CumSum", [counted, graph.integer(1)]), counted]);
  return graph.add("Gather", [table, graph.add("Add", [place, padding])]); // [B, S, H]
}
