import { productOf, sumOf } from "../arrays.js";
import { LibbertError } from "../errors.js";
import { type EncoderConfig, embeddingWidth } from "../models/encoder-config.js";
import type { Family } from "../models/families/family.js";
import { parameterCounts } from "../models/training-memory.js";
import type { Tensor } from "../tensor/tensor.js";
import { matchNames } from "./stored-names.js";
import type { CheckpointWeights } from "./weights.js";

/**
 * Whether all of a network's tensors are stored, in their shapes, and nothing that belongs to no part of it.
 *
 * @param match the stored name of each of the network's
 * @throws LibbertError ERR_CHECKPOINT that lists what is wrong
 */
export function checkFit(
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
export function checkSizes(config: EncoderConfig, family: Family, weights: CheckpointWeights): void {
  const names = weights.names();
  const elements = sumOf(names.map((name) => productOf(weights.describe(name).shape)));
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
