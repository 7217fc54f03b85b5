import { LibbertError } from "../errors.js";
import { type EncoderConfig, embeddingWidth } from "../models/encoder-config.js";
import { checkpointName, type Family, headNames } from "../models/families/family.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import { NoHead } from "../models/heads/no-head.js";
import type { ModelConfig } from "../models/model-config.js";
import { Network } from "../models/network.js";
import { parameterCounts } from "../models/training-memory.js";
import { initialiseByName, withoutInitialisation } from "../nn/init.js";
import type { Module } from "../nn/module.js";
import { noGrad } from "../tensor/autograd.js";
import type { TensorOptions } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { copyStored } from "./copy-stored.js";
import { matchNames, modernName } from "./stored-names.js";
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
  checkFit(state, match, weights, {
    missing: initialised.filter((name) => !mayLack.has(name)),
    unexpected: ignored.filter((name) => !isOfSomeHead(name, family)),
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

function checkFit(
  state: ReadonlyMap<string, Tensor>,
  match: ReadonlyMap<string, string>,
  weights: CheckpointWeights,
  { missing, unexpected }: { missing: readonly string[]; unexpected: readonly string[] },
): void {
  const problems = [
    ...missing.map((name) => `missing: ${name}`),
    ...unexpected.map((name) => `unexpected: ${name}`),
    ...[...match].flatMap(([name, stored]) => shapeProblem(stored, weights, state.get(name)!.shape)),
  ];
  if (problems.length > 0) throw misfit(weights, problems);
}

function misfit(weights: CheckpointWeights, problems: readonly string[]): LibbertError {
  const { directory } = weights;
  const shown = problems.slice(0, 12);
  const rest = problems.length - shown.length;
  const lines = rest > 0 ? [...shown, `and ${rest} more`] : shown;
  return new LibbertError(
    "ERR_CHECKPOINT",
    `The weights in ${directory} do not fit the model:\n  ${[...lines, ...wrapped(weights)].join("\n  ")}`,
  );
}

/** What programs put before all names that store a model within another one: torch's parallel and compiled models, PEFT and Lightning. */
const WRAPPERS = /^(module|_orig_mod|model|base_model|net|network|encoder_model)\./;

/** A line about weights that were stored of a model within another one. */
function wrapped(weights: CheckpointWeights): string[] {
  const names = weights.names();
  const [prefix] = WRAPPERS.exec(names[0] ?? "") ?? [];
  if (prefix === undefined || !names.every((name) => name.startsWith(prefix))) return [];
  return [
    `all names begin with ${JSON.stringify(prefix)}: store the model within, without it (save_pretrained in Python)`,
  ];
}

/** New heads, and rows that are shared, take less than this beside the stored weights. */
const SPARE_ELEMENTS = 2e6;

/**
 * Refuses a configuration that asks for so much more than is stored that building it would cost more than the error is worth.
 *
 * @throws LibbertError ERR_CHECKPOINT that compares the sizes
 */
function checkSizes(config: EncoderConfig, family: Family, weights: CheckpointWeights): void {
  const names = weights.names();
  const stored = names.map((name) =>
    weights.describe(name).shape.reduce((product, size) => product * size, 1),
  );
  const elements = stored.reduce((sum, size) => sum + size, 0);
  const isTooLarge = parameterCounts(config, {}).total > 2 * elements + SPARE_ELEMENTS;
  if (!isTooLarge && config.numHiddenLayers <= names.length) return;
  const { vocabSize, hiddenSize, maxPositionEmbeddings, typeVocabSize, intermediateSize } = config;
  const last = `encoder.layer.${config.numHiddenLayers - 1}.output.LayerNorm.weight`;
  const width = embeddingWidth(config);
  const wanted: [string, number[]][] = [
    ["embeddings.word_embeddings.weight", [vocabSize, width]],
    ["embeddings.position_embeddings.weight", [maxPositionEmbeddings, width]],
    ["embeddings.token_type_embeddings.weight", [typeVocabSize, width]],
    ["encoder.layer.0.intermediate.dense.weight", [intermediateSize, hiddenSize]],
    [last, [hiddenSize]],
  ];
  const problems = wanted
    .filter(([, [rows]]) => rows !== 0)
    .flatMap(([own, shape]) => {
      const name = family.prefix + family.encoderName(own);
      const found = matchNames(names, [name], family.prefix).get(name);
      return found === undefined ? [`missing: ${name}`] : shapeProblem(found, weights, shape);
    });
  throw misfit(weights, problems);
}

function shapeProblem(name: string, weights: CheckpointWeights, shape: readonly number[]): string[] {
  const stored = weights.describe(name).shape;
  if (String(stored) === String(shape)) return [];
  return [`shape of ${name}: [${stored}] where config.json asks for [${shape}]`];
}
