import type { EncoderConfig } from "../models/encoder-config.js";
import { checkpointName, type Family, headNames } from "../models/families/family.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import { NoHead } from "../models/heads/no-head.js";
import type { ModelConfig } from "../models/model-config.js";
import { Network } from "../models/network.js";
import { initialiseByName, withoutInitialisation } from "../nn/init.js";
import type { Module } from "../nn/module.js";
import { noGrad } from "../tensor/autograd.js";
import type { TensorOptions } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkFit, checkSizes } from "./check-fit.js";
import { copyStored } from "./copy-stored.js";
import { modernName } from "./stored-names.js";
import { isOfSurplusLayer, layersOf } from "./surplus-layers.js";
import { matchTied } from "./tied-names.js";
import type { CheckpointWeights } from "./weights.js";

/** What a checkpoint's names mean. */
export interface NetworkLayout {
  /** The one whose names the encoder's tensors have. */
  family: Family;
  /** Null for an encoder alone, or with a head that no class of transformers has: it is stored under its own names. */
  head: HeadKind | null;
}

/** How `loadNetwork()` loads: what names mean, and what may be new. */
export interface NetworkLoading extends NetworkLayout {
  /**
   * Which parameters of the head are initialised: `all` (the checkpoint's head is for something else), those that the
   * checkpoint `lacks`, or none, so that a missing one is an error. Default: none
   */
  newHead?: "all" | "lacks";
  /** Source of the first values of what is new. Default: 1 */
  seed?: number;
}

/** What loading came to. */
export interface LoadReport {
  /** Parameters that are new, by the checkpoint's names. */
  initialised: string[];
  /** Stored tensors that the network has no use for. */
  ignored: string[];
}

/**
 * A network that is made without values and loaded at once; when that fails, its memory is freed.
 *
 * @param make its modules
 * @param loading what `loadNetwork` takes, and the configuration that the modules are made by
 * @param options dtype and device of its parameters. Default: float32 on the CPU
 * @throws LibbertError as `loadNetwork` does; before anything is made where the configuration asks for much more than is stored
 */
export function loadedNetwork<Head extends Module>(
  make: () => Network<Head>,
  weights: CheckpointWeights,
  { encoder, ...loading }: NetworkLoading & { encoder: EncoderConfig },
  options: TensorOptions = {},
): { network: Network<Head> } & LoadReport {
  checkSizes(encoder, loading.family, weights);
  const network = withoutInitialisation(make, options);
  try {
    return { network, ...loadNetwork(network, weights, loading) };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/**
 * Copies a checkpoint's weights into a network, and gives first values to what is new in its head: each tensor's depend on the
 * seed and its name alone. Every name and shape is checked before the first byte is copied.
 *
 * @throws LibbertError ERR_CHECKPOINT that lists all missing, extra and wrong-shaped names
 */
export function loadNetwork(
  network: Network,
  weights: CheckpointWeights,
  { family, head, newHead, seed = 1 }: NetworkLoading,
): LoadReport {
  return scope(() =>
    noGrad(() => {
      const { state, match, initialised, ignored } = planOf(network, weights, { family, head, newHead });
      copyStored(
        weights,
        Array.from(match, ([name, stored]) => [stored, state.get(name)!] as const),
      );
      initialiseHead(network, { family, head }, new Set(initialised), seed);
      return { initialised, ignored };
    }),
  );
}

/**
 * Compares a checkpoint's names and shapes with those of its encoder, as `loadedNetwork` does, and copies nothing.
 *
 * @throws LibbertError ERR_CHECKPOINT that lists what does not fit
 */
export function checkEncoder(
  weights: CheckpointWeights,
  { family, encoder }: Pick<ModelConfig, "family" | "encoder">,
): void {
  checkSizes(encoder, family, weights);
  const network = withoutInitialisation(() => new Network(family.createEncoder(encoder), new NoHead()));
  try {
    scope(() => planOf(network, weights, { family, head: null }));
  } finally {
    network.dispose();
  }
}

/**
 * Gives a network without values its first ones. Each parameter's depend on the seed and its name alone: that of the checkpoint,
 * or, where several tensors of a checkpoint are stacked in one parameter, its own.
 */
export function initialiseNetwork(network: Network, { family, head }: NetworkLayout, seed: number): void {
  for (const [name, parameter] of network.namedParameters())
    initialiseByName(parameter, checkpointName(family, head, name), seed);
}

/** Which stored tensor each of a network's is, what is new and what is left over. @throws LibbertError ERR_CHECKPOINT */
function planOf(network: Network, weights: CheckpointWeights, { family, head, newHead }: NetworkLoading) {
  const state = stateOf(network, { family, head });
  const wanted = [...state.keys()];
  // A new head keeps what belongs to the pre-trained model: BERT's pooler.
  const isLoaded = (name: string) => newHead !== "all" || name.startsWith(family.prefix);
  const match = matchTied(weights.names(), wanted.filter(isLoaded), { family, head });
  const initialised = wanted.filter((name) => !match.has(name));
  const mayLack = new Set(newHead === undefined ? [] : namesOfHead(network, { family, head }));
  const ignored = unusedNames(weights, family, new Set(match.values()));
  const layers = layersOf(wanted);
  checkFit(state, match, weights, {
    missing: initialised.filter((name) => !mayLack.has(name)),
    unexpected: ignored.filter((name) => !isOfSomeHead(name, family) && !isOfSurplusLayer(name, layers)),
  });
  return { state, match, initialised, ignored };
}

/** Every tensor of a network under the name that a checkpoint has for it. Tensors of the enclosing scope. */
export function stateOf(network: Network, { family, head }: NetworkLayout): Map<string, Tensor> {
  const named = [...network.namedState()];
  return new Map(named.map(([name, tensor]) => [checkpointName(family, head, name), tensor]));
}

function namesOfHead(network: Network, { family, head }: NetworkLayout): string[] {
  return [...network.head.namedParameters("head.")].map(([name]) => checkpointName(family, head, name));
}

function initialiseHead(
  network: Network,
  { family, head }: NetworkLayout,
  names: ReadonlySet<string>,
  seed: number,
): void {
  for (const [name, parameter] of network.head.namedParameters("head.")) {
    const stored = checkpointName(family, head, name);
    if (names.has(stored)) initialiseByName(parameter, stored, seed);
  }
}

function unusedNames(weights: CheckpointWeights, family: Family, used: ReadonlySet<string>): string[] {
  return weights.names().filter((name) => !used.has(name) && !family.redundantNames.test(name));
}

function isOfSomeHead(name: string, family: Family): boolean {
  const spellings = [modernName(name), family.prefix + modernName(name)];
  return headNames(family).some((beginning) =>
    spellings.some((one) => one === beginning || one.startsWith(`${beginning}.`)),
  );
}
