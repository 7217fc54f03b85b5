import type { EncoderConfig } from "../models/encoder-config.js";
import { activate } from "./activation.js";
import type { Draft } from "./draft.js";
import { embeddings, type TokenInputs } from "./embeddings.js";
import type { FloatType, GraphBuilder, Value } from "./graph-builder.js";
import { largeLinear, layerNorm } from "./layers.js";

/** What a padded token's score is made smaller by: softmax makes 0 of it. */
const MASKED: Readonly<Record<FloatType, number>> = { float32: -3.4028234663852886e38, float16: -1e4 };

/** The encoder: → hidden states, those of the embeddings and of every layer, each [B, S, H] */
export function encoder(draft: Draft, config: EncoderConfig, inputs: TokenInputs): Value[] {
  const mask = scoreMask(draft.graph, inputs.attentionMask);
  const hiddenStates = [embeddings(draft, config, inputs)];
  for (let layer = 0; layer < config.numHiddenLayers; layer++)
    hiddenStates.push(encoderLayer(draft, config, hiddenStates.at(-1)!, mask, layer));
  return hiddenStates;
}

/** What is added to each score: 0 for a key that is there, else a number far below 0. [B, S] → [B, 1, 1, S] */
function scoreMask(graph: GraphBuilder, attentionMask: Value): Value {
  const mask = graph.cast(graph.add("Unsqueeze", [attentionMask, graph.integers(1, 2)]), graph.floatType);
  const padding = graph.add("Sub", [graph.number(1), mask]);
  return graph.add("Mul", [padding, graph.number(MASKED[graph.floatType])]);
}

function encoderLayer(draft: Draft, config: EncoderConfig, x: Value, mask: Value, layer: number): Value {
  const { graph } = draft;
  const name = `encoder.encoder.layer.${layer}`;
  const residual = (output: Value, input: Value, own: string) =>
    layerNorm(draft, graph.add("Add", [output, input]), `${name}.${own}.LayerNorm`, config.layerNormEps);
  const context = attention(draft, config, x, mask, `${name}.attention.self`);
  const attended = largeLinear(draft, context, `${name}.attention.output.dense`);
  const middle = residual(attended, x, "attention.output");
  const wide = largeLinear(draft, middle, `${name}.intermediate.dense`);
  const narrow = largeLinear(draft, activate(graph, wide, config.activation), `${name}.output.dense`);
  return residual(narrow, middle, "output");
}

/** Multi-head self-attention, in the steps that onnxruntime knows: x [B, S, H] → [B, S, H] */
function attention(draft: Draft, config: EncoderConfig, x: Value, mask: Value, name: string): Value {
  const { graph } = draft;
  const { hiddenSize, numAttentionHeads: heads } = config;
  const width = hiddenSize / heads;
  const apart = graph.integers(0, 0, heads, width); // 0: as it is
  const part = (own: string, perm: readonly number[]) => {
    const projected = largeLinear(draft, x, `${name}.${own}`);
    return graph.add("Transpose", [graph.add("Reshape", [projected, apart])], { perm });
  };
  const query = part("query", [0, 2, 1, 3]); // [B, N, S, D]
  const key = part("key", [0, 2, 3, 1]); // [B, N, D, S]
  const value = part("value", [0, 2, 1, 3]);
  const scores = graph.add("Div", [graph.add("MatMul", [query, key]), graph.number(Math.sqrt(width))]);
  const weights = graph.add("Softmax", [graph.add("Add", [scores, mask])], { axis: -1 });
  const context = graph.add("Transpose", [graph.add("MatMul", [weights, value])], { perm: [0, 2, 1, 3] });
  return graph.add("Reshape", [context, graph.integers(0, 0, hiddenSize)]);
}
