import type { Network } from "../models/network.js";
import { noGrad } from "../tensor/autograd.js";
import { empty } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { type NetworkLayout, stateOf } from "./load-network.js";
import type { ModelWeights } from "./model-weights.js";

/** Names of the tensors of a network that hold an infinity or what is not a number, by the checkpoint's names. */
export function nonFiniteTensors(network: Network, layout: NetworkLayout): string[] {
  return scope(() =>
    noGrad(() =>
      [...stateOf(network, layout)].filter(([, tensor]) => !allFinite(tensor)).map(([name]) => name),
    ),
  );
}

/** Why a model gives what is no number, as far as its weights show it. */
export function whyNonFinite(weights: ModelWeights): string {
  const names: string[] = [];
  weights.store((tensors) => {
    for (const [name, { dtype, shape, bytes }] of tensors)
      if (!scope(() => allFinite(empty(shape, { dtype }).copyBytes_(bytes(), dtype)))) names.push(name);
  });
  if (names.length === 0) return "its weights are too large, or its training diverged";
  const others = names.length > 1 ? ` and ${names.length - 1} more` : "";
  return `${names[0]}${others} of its weights holds what is not a finite number: they are damaged, or its training diverged`;
}

function allFinite(tensor: Tensor): boolean {
  // A sum is one pass over the numbers, and that of finite ones is seldom beyond all numbers.
  return scope(() => {
    const total = tensor.sum().item();
    return Number.isFinite(total) || tensor.isFinite().to("float32").mean().item() === 1;
  });
}
