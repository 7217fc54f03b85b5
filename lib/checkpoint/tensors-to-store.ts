import type { TensorToStore } from "../files/safetensors.js";
import { headNames } from "../models/families/family.js";
import type { Network } from "../models/network.js";
import { scope } from "../tensor/scope.js";
import { type NetworkLayout, stateOf } from "./load-network.js";
import { modernName } from "./stored-names.js";
import { matchTied } from "./tied-names.js";
import type { CheckpointWeights } from "./weights.js";

/** A network's tensors as they are now, by the checkpoint's names. They are of the enclosing scope: write them inside it. */
export function networkTensors(network: Network, layout: NetworkLayout): Map<string, TensorToStore> {
  const tensors = new Map<string, TensorToStore>();
  for (const [name, tensor] of stateOf(network, layout))
    tensors.set(name, { dtype: tensor.dtype, shape: tensor.shape, bytes: () => tensor.toBytes() });
  return tensors;
}

/** The names of a network's tensors in a checkpoint. */
export function namesOf(network: Network, layout: NetworkLayout): string[] {
  return scope(() => [...stateOf(network, layout).keys()]);
}

/**
 * A network's tensors as the checkpoint has them that it was loaded from: what rounding to a narrower type loses is still there.
 * With an encoder alone goes what was pre-trained with it, such as BERT's pooler, and the names lack their prefix.
 *
 * @param names those of the network's tensors
 */
export function storedTensors(
  names: readonly string[],
  layout: NetworkLayout,
  weights: CheckpointWeights,
): Map<string, TensorToStore> {
  const { family, head } = layout;
  const wanted = head === null ? [...names, ...pretrainedBeside(layout, weights)] : names;
  const tensors = new Map<string, TensorToStore>();
  for (const [name, stored] of matchTied(weights.names(), wanted, layout)) {
    const { shape } = weights.describe(stored);
    const dtype = weights.dtypeOf(stored);
    const storedName = head === null ? name.slice(family.prefix.length) : name;
    tensors.set(storedName, { dtype, shape, bytes: () => weights.read(stored) });
  }
  return tensors;
}

/** Names of what a checkpoint has beside the encoder that belongs to the pre-trained model. */
function pretrainedBeside({ family }: NetworkLayout, weights: CheckpointWeights): string[] {
  const { prefix } = family;
  const beginnings = headNames(family).filter((beginning) => beginning.startsWith(prefix));
  const prefixed = weights
    .names()
    .map(modernName)
    .map((name) => (name.startsWith(prefix) ? name : prefix + name));
  return prefixed.filter((name) => beginnings.some((beginning) => name.startsWith(`${beginning}.`)));
}
