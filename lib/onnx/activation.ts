import type { Activation } from "../models/activation.js";
import type { GraphBuilder, Value } from "./graph-builder.js";

type Activate = (graph: GraphBuilder, x: Value) => Value;

/** The activations of `lib/models/activation.ts`. GELU is spelt out in the steps that onnxruntime makes one operation of. */
const ACTIVATION: Readonly<Record<Activation, Activate>> = {
  gelu: exactGelu,
  gelu_python: exactGelu,
  gelu_10: (graph, x) => clip(graph, exactGelu(graph, x), -10, 10),
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_accurate: tanhGelu,
  gelu_python_tanh: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  quick_gelu: (graph, x) => sigmoidTimes(graph, x, graph.add("Mul", [x, graph.number(1.702)])),
  silu: (graph, x) => sigmoidTimes(graph, x, x),
  swish: (graph, x) => sigmoidTimes(graph, x, x),
  relu: (graph, x) => graph.add("Relu", [x]),
  relu6: (graph, x) => clip(graph, x, 0, 6),
  sigmoid: (graph, x) => graph.add("Sigmoid", [x]),
  tanh: (graph, x) => graph.add("Tanh", [x]),
  linear: (_, x) => x,
};

/** Applies an activation to each element. */
export function activate(graph: GraphBuilder, x: Value, name: Activation): Value {
  return ACTIVATION[name](graph, x);
}

/** x (1 + erf(x / √2)) / 2 */
function exactGelu(graph: GraphBuilder, x: Value): Value {
  const error = graph.add("Erf", [graph.add("Div", [x, graph.number(Math.SQRT2)])]);
  const doubled = graph.add("Mul", [x, graph.add("Add", [error, graph.number(1)])]);
  return graph.add("Mul", [doubled, graph.number(0.5)]);
}

/** x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 */
function tanhGelu(graph: GraphBuilder, x: Value): Value {
  const cubic = graph.add("Mul", [graph.add("Pow", [x, graph.number(3)]), graph.number(0.044715)]);
  const inner = graph.add("Mul", [graph.add("Add", [x, cubic]), graph.number(Math.sqrt(2 / Math.PI))]);
  const factor = graph.add("Add", [graph.add("Tanh", [inner]), graph.number(1)]);
  return graph.add("Mul", [graph.add("Mul", [x, graph.number(0.5)]), factor]);
}

function sigmoidTimes(graph: GraphBuilder, x: Value, scaled: Value): Value {
  return graph.add("Mul", [x, graph.add("Sigmoid", [scaled])]);
}

function clip(graph: GraphBuilder, x: Value, least: number, most: number): Value {
  return graph.add("Clip", [x, graph.number(least), graph.number(most)]);
}
