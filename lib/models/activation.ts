import { gelu } from "../nn/functional.js";
import type { Linear, WithResidual } from "../nn/linear.js";
import type { Tensor } from "../tensor/tensor.js";

const sigmoidTimes = (x: Tensor, scale: number) => x.mul(x.mul(scale).sigmoid());
const exactGelu = (x: Tensor) => gelu(x);
const tanhGelu = (x: Tensor) => gelu(x, "tanh");

/** The activations of feed-forward layers by the names that `config.json` has for them; some have several. */
const ACTIVATION = {
  gelu: exactGelu,
  gelu_python: exactGelu,
  gelu_10: (x: Tensor) => gelu(x).clamp(-10, 10),
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_accurate: tanhGelu,
  gelu_python_tanh: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  quick_gelu: (x: Tensor) => sigmoidTimes(x, 1.702),
  silu: (x: Tensor) => sigmoidTimes(x, 1),
  swish: (x: Tensor) => sigmoidTimes(x, 1),
  relu: (x: Tensor) => x.relu(),
  relu6: (x: Tensor) => x.clamp(0, 6),
  sigmoid: (x: Tensor) => x.sigmoid(),
  tanh: (x: Tensor) => x.tanh(),
  linear: (x: Tensor) => x,
} satisfies Record<string, (x: Tensor) => Tensor>;

export type Activation = keyof typeof ACTIVATION;
export const ACTIVATIONS = Object.keys(ACTIVATION) as [Activation, ...Activation[]];

/** Applies an activation to each element. */
export function activate(x: Tensor, name: Activation): Tensor {
  return ACTIVATION[name](x);
}

/** The activations that operators with a product in them know, by their names there. */
const OPERATOR_ACTIVATION: Partial<Record<Activation, "gelu" | "gelu_tanh" | "relu">> = {
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_accurate: "gelu_tanh",
  gelu_python_tanh: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  relu: "relu",
};

/** What operators with a product in them call an activation; undefined where they do not know it. */
export function operatorActivation(name: Activation) {
  return OPERATOR_ACTIVATION[name];
}

/** Applies a layer, then an activation to each element. */
export function activateLinear(x: Tensor, layer: Linear, name: Activation): Tensor {
  switch (operatorActivation(name)) {
    case "gelu":
      return layer.forwardGelu(x, "none");
    case "gelu_tanh":
      return layer.forwardGelu(x, "tanh");
    default:
      return activate(layer.forward(x), name);
  }
}

/** The same, with x to be added to what follows. */
export function activateLinearWithResidual(x: Tensor, layer: Linear, name: Activation): WithResidual {
  switch (operatorActivation(name)) {
    case "gelu":
      return layer.forwardGeluWithResidual(x, "none");
    case "gelu_tanh":
      return layer.forwardGeluWithResidual(x, "tanh");
    default: {
      const { output, residual } = layer.forwardWithResidual(x);
      return { output: activate(output, name), residual };
    }
  }
}
