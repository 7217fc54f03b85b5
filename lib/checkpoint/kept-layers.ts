import { expected } from "../errors.js";
import type { Family } from "../models/families/family.js";
import type { Checkpoint } from "./checkpoint.js";

/** How many layers of a model are kept, or which, from 0. */
export type KeptLayers = number | readonly number[];

/** A layer in our names of parameters. */
const LAYER = /^encoder\.layer\.(\d+)\./;

/**
 * The checkpoint as a model of some of its layers alone, which follow each other as if there were no others between them.
 *
 * @throws LibbertError ERR_OPTION for layers that it does not have
 */
export function withLayers(checkpoint: Checkpoint, kept: KeptLayers): Checkpoint {
  const { family, encoder, json, source } = checkpoint;
  const layers = chosenLayers(kept, encoder.numHiddenLayers);
  const shortened = { ...json, [family.layersField]: layers.length };
  return { ...checkpoint, json: shortened, encoder: family.parseConfig(shortened, source), layers };
}

/**
 * Of so many layers, the last of each of `kept` equal parts: 1, 3 and 5 are three of six.
 *
 * @throws LibbertError ERR_OPTION for layers that there are not
 */
export function chosenLayers(kept: KeptLayers, all: number): readonly number[] {
  if (typeof kept === "number") {
    if (kept > all) throw expected(`at most ${all}, the model's layers,`, "layers", kept);
    return Array.from({ length: kept }, (_, index) => Math.ceil(((index + 1) * all) / kept) - 1);
  }
  const missing = kept.find((layer) => layer >= all);
  if (missing !== undefined)
    throw expected(`layers from 0 to ${all - 1}, as the model has,`, "layers", missing);
  return kept;
}

/** The family as a checkpoint is read of which only some layers are meant: the first of these is our first layer, and so on. */
export function familyOfLayers(family: Family, layers: readonly number[] | undefined): Family {
  if (layers === undefined) return family;
  const storedAs = (name: string) =>
    name.replace(LAYER, (_, layer) => `encoder.layer.${layers[Number(layer)]}.`);
  const leftOut = String.raw`(^|\.)layer\.(?!(${layers.join("|")})\.)\d+\.`;
  return {
    ...family,
    encoderName: (name) => family.encoderName(storedAs(name)),
    redundantNames: new RegExp(`${family.redundantNames.source}|${leftOut}`),
  };
}
