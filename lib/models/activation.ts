import { gelu } from "../nn/functional.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";

/** Applies the activation that `config.json` names as `hidden_act` to each element. */
export function activate(x: Tensor, name: BertConfig["hidden_act"]): Tensor {
  if (name === "relu") return x.relu();
  return gelu(x, name === "gelu" ? "none" : "tanh");
}
