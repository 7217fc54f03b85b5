/**
 * Weights as integers of 8 bits, and products of them. Each row of a stored weight has a scale of its own; what it is multiplied
 * with is quantised when the model runs, by its own range (DynamicQuantizeLinear), as onnxruntime's quantize_dynamic has it.
 */
import type { Tensor } from "../tensor/tensor.js";
import type { Draft } from "./draft.js";
import type { GraphBuilder, Value } from "./graph-builder.js";

const LARGEST = 127;
/**
 * Integers are stored without a sign: kernels for processors without VNNI add up products of an integer with a sign and one without in
 * 16 bits, which are too few.
 */
const ZERO = 128;
/** No scale is smaller: a row of zeros would be divided by zero. */
const SMALLEST_SCALE = 1e-30;

export interface QuantisedWeight {
  integers: Value; // uint8
  /** One for each row of the weight as a checkpoint has it. */
  scales: Value; // float32
}

/** @param name of a weight [rows, columns] */
export function quantisedWeight(draft: Draft, name: string): QuantisedWeight {
  const { graph, weights } = draft;
  const integers = weights.tensor(name, { suffix: ".integers", type: "uint8", of: integersOf });
  return { integers: graph.stored(integers), scales: storedScales(draft, name) };
}

/** The same with integers [columns, rows], as products take them. */
export function transposedQuantisedWeight(draft: Draft, name: string): QuantisedWeight {
  const { graph, weights } = draft;
  const [rows, columns] = weights.shape(name) as [number, number];
  const integers = weights.tensor(name, {
    ...{ suffix: ".integers", type: "uint8", shape: [columns, rows] },
    of: (weight) => integersOf(weight).transpose(0, 1),
  });
  return { integers: graph.stored(integers), scales: storedScales(draft, name) };
}

function storedScales({ graph, weights }: Draft, name: string): Value {
  const [rows] = weights.shape(name) as [number, number];
  const made = { suffix: ".scales", type: "float32", shape: [rows], of: scalesOf } as const;
  return graph.stored(weights.tensor(name, made));
}

function scalesOf(weight: Tensor): Tensor {
  return weight.abs().amax([1]).div(LARGEST).clamp(SMALLEST_SCALE, Number.POSITIVE_INFINITY);
}

function integersOf(weight: Tensor): Tensor {
  return weight.div(scalesOf(weight).unsqueeze(1)).add(ZERO + 0.5); // the conversion cuts off what is behind the point
}

/** x [..., columns] times a transposed weight → [..., rows] */
export function quantisedProduct(graph: GraphBuilder, x: Value, weight: QuantisedWeight): Value {
  const [integers, scale, zero] = graph.quantised(x);
  const product = graph.add("MatMulInteger", [integers, weight.integers, zero, zeroPoint(graph)]);
  return graph.add("Mul", [graph.cast(product, "float32"), graph.add("Mul", [scale, weight.scales])]);
}

/** Rows of a table of vectors: ids [...] → [..., columns] */
export function quantisedRows(graph: GraphBuilder, ids: Value, { integers, scales }: QuantisedWeight): Value {
  const rows = graph.cast(graph.add("Gather", [integers, ids]), "float32");
  const centred = graph.add("Sub", [rows, graph.number(ZERO)]);
  const scale = graph.add("Unsqueeze", [graph.add("Gather", [scales, ids]), graph.integers(-1)]);
  return graph.add("Mul", [centred, scale]);
}

function zeroPoint(graph: GraphBuilder): Value {
  return graph.stored({
    name: `uint8:${ZERO}`,
    type: "uint8",
    shape: [],
    bytes: () => Uint8Array.of(ZERO),
  });
}
