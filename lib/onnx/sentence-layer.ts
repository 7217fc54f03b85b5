import type { DenseActivation, Matrix, SentenceLayer } from "../checkpoint/sentence/model.js";
import { LAYER_NORM_EPS } from "../features/sentence-vector.js";
import { tensor } from "../tensor/create.js";
import type { GraphBuilder, Value } from "./graph-builder.js";

type Layer<Kind extends SentenceLayer["kind"]> = Extract<SentenceLayer, { kind: Kind }>;

const DENSE_ACTIVATION: Readonly<Record<DenseActivation, (graph: GraphBuilder, x: Value) => Value>> = {
  tanh: (graph, x) => graph.add("Tanh", [x]),
  relu: (graph, x) => graph.add("Relu", [x]),
  sigmoid: (graph, x) => graph.add("Sigmoid", [x]),
  identity: (_, x) => x,
};

/**
 * What a layer behind the pooling makes of the vectors, in float32: [B, width] → [B, width of the layer]
 *
 * @param name begins those of its weights
 */
export function sentenceLayer(graph: GraphBuilder, layer: SentenceLayer, x: Value, name: string): Value {
  if (layer.kind === "normalize") return normalised(graph, x);
  return layer.kind === "dense" ? dense(graph, layer, x, name) : layerNorm(graph, layer, x, name);
}

function normalised(graph: GraphBuilder, x: Value): Value {
  const length = graph.add("ReduceL2", [x], { axes: [1], keepdims: 1 });
  return graph.add("Div", [x, graph.add("Max", [length, graph.number(1e-12, "float32")])]);
}

function dense(graph: GraphBuilder, layer: Layer<"dense">, x: Value, name: string): Value {
  const { weight, bias, activation, residual } = layer;
  const product = graph.add("MatMul", [x, transposed(graph, weight, `${name}.weight`)]);
  const sum = bias === null ? product : graph.add("Add", [product, vector(graph, bias, `${name}.bias`)]);
  const active = DENSE_ACTIVATION[activation](graph, sum);
  if (residual === null) return active;
  const added =
    residual === "input" ? x : graph.add("MatMul", [x, transposed(graph, residual, `${name}.residual`)]);
  return graph.add("Add", [active, added]);
}

function layerNorm(graph: GraphBuilder, layer: Layer<"layer-norm">, x: Value, name: string): Value {
  const inputs = [
    x,
    vector(graph, layer.weight, `${name}.weight`),
    vector(graph, layer.bias, `${name}.bias`),
  ];
  return graph.add("LayerNormalization", inputs, { axis: -1, epsilon: { float: LAYER_NORM_EPS } });
}

function vector(graph: GraphBuilder, values: Float32Array, name: string): Value {
  const bytes = () => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return graph.stored({ name, type: "float32", shape: [values.length], bytes });
}

function transposed(graph: GraphBuilder, { values, rows, columns }: Matrix, name: string): Value {
  const bytes = () => {
    using matrix = tensor(values, { shape: [rows, columns] });
    using turned = matrix.transpose(0, 1);
    return turned.toFloat32Array();
  };
  return graph.stored({
    ...{ name, type: "float32", shape: [columns, rows] },
    bytes: () => new Uint8Array(bytes().buffer),
  });
}
