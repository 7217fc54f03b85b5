import type { Draft } from "./draft.js";
import type { Value } from "./graph-builder.js";
import { quantisedProduct, quantisedRows, quantisedWeight, transposedQuantisedWeight } from "./quantised.js";

/** Layers by the names of their parameters: `encoder.…` or `head.…`. */

/** x [..., inFeatures] → [..., outFeatures] */
export function linear(draft: Draft, x: Value, name: string): Value {
  const { graph, weights } = draft;
  const [rows, columns] = weights.shape(`${name}.weight`) as [number, number];
  const weight = weights.tensor(`${name}.weight`, {
    ...{ suffix: ".transposed", type: graph.floatType, shape: [columns, rows] },
    of: (whole) => whole.transpose(0, 1),
  });
  return addBias(draft, graph.add("MatMul", [x, graph.stored(weight)]), `${name}.bias`);
}

/** The same for a layer whose weights are integers where the model is quantised. */
export function largeLinear(draft: Draft, x: Value, name: string): Value {
  if (!draft.isQuantised) return linear(draft, x, name);
  const weight = transposedQuantisedWeight(draft, `${name}.weight`);
  return addBias(draft, quantisedProduct(draft.graph, x, weight), `${name}.bias`);
}

/** @param name of the bias itself */
export function addBias(draft: Draft, x: Value, name: string): Value {
  return draft.graph.add("Add", [x, parameter(draft, name)]);
}

/** A parameter as a checkpoint has it, in the graph's type. */
export function parameter({ graph, weights }: Draft, name: string): Value {
  return graph.stored(weights.tensor(name, { type: graph.floatType }));
}

/** Rows of the table of words: ids [...] → [..., H] */
export function wordVectors(draft: Draft, ids: Value, name: string): Value {
  const { graph, isQuantised } = draft;
  if (isQuantised) return quantisedRows(graph, ids, quantisedWeight(draft, name));
  return graph.add("Gather", [parameter(draft, name), ids]);
}

/** x [..., H] times the transposed table of words → [..., V] */
export function wordProducts(draft: Draft, x: Value, name: string): Value {
  const { graph, isQuantised } = draft;
  const transposed = (table: Value) => graph.add("Transpose", [table], { perm: [1, 0] });
  if (!isQuantised) return graph.add("MatMul", [x, transposed(parameter(draft, name))]);
  const { integers, scales } = quantisedWeight(draft, name);
  return quantisedProduct(graph, x, { integers: transposed(integers), scales });
}

/** x [..., H] → [..., H] */
export function layerNorm(draft: Draft, x: Value, name: string, epsilon: number): Value {
  const inputs = [x, parameter(draft, `${name}.weight`), parameter(draft, `${name}.bias`)];
  return draft.graph.add("LayerNormalization", inputs, { axis: -1, epsilon: { float: epsilon } });
}
