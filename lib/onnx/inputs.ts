import type { EncoderConfig } from "../models/encoder-config.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import type { TokenInputs } from "./embeddings.js";
import type { GraphBuilder, Value } from "./graph-builder.js";

const IDS = "input_ids";

/** Declares what a model takes, by the names that transformers has for it. */
export function tokenInputs(
  graph: GraphBuilder,
  { typeVocabSize }: EncoderConfig,
  head: HeadKind | null,
): TokenInputs {
  const take = head === "multiple-choice" ? choiceInput : batchInput;
  return {
    inputIds: take(graph, IDS),
    attentionMask: take(graph, "attention_mask"),
    tokenTypeIds: typeVocabSize > 1 ? take(graph, "token_type_ids") : null,
  };
}

function batchInput(graph: GraphBuilder, name: string): Value {
  return graph.input(name, "int64", ["batch_size", "sequence_length"]);
}

/** The choices of an item come as a batch of their own; they are laid one behind the other: [B, C, S] → [B C, S] */
function choiceInput(graph: GraphBuilder, name: string): Value {
  const given = graph.input(name, "int64", ["batch_size", "num_choices", "sequence_length"]);
  const length = graph.add("Slice", [graph.add("Shape", [given]), graph.integers(2), graph.integers(3)]);
  return graph.add("Reshape", [given, graph.add("Concat", [graph.integers(-1), length], { axis: 0 })]);
}

/** How many items there are, and choices of each: int64 [2] */
export function choiceCounts(graph: GraphBuilder): Value {
  return graph.add("Slice", [graph.add("Shape", [IDS]), graph.integers(0), graph.integers(2)]);
}
