import { gelu } from "../nn/functional.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Activation } from "./encoder-config.js";

/** Applies an activation to each element. */
export function activate(x: Tensor, name: Activation | "tanh"): Tensor {
  if (name === "tanh") return x.tanh();
  if (name === "relu") return x.relu();
  return gelu(x, name === "gelu" ? "none" : "tanh");
}
