import type { ModelConfig } from "../models/model-config.js";
import type { CheckpointWeights } from "./weights.js";

/** A stored tensor of an encoder's layer, by any family's names. */
const LAYER = /(?:^|\.)layer\.(\d+)\./;

/** The layer that a stored tensor belongs to, from 0; -1 for what belongs to none. */
function layerOf(name: string): number {
  return Number(LAYER.exec(name)?.[1] ?? -1);
}

/** How many layers some tensors are of, counted up to the last. */
export function layersOf(names: readonly string[]): number {
  return 1 + names.reduce((last, name) => Math.max(last, layerOf(name)), -1);
}

/** Whether a stored tensor belongs to a layer behind the last of so many, which transformers leaves out, too. */
export function isOfSurplusLayer(name: string, layers: number): boolean {
  return layerOf(name) >= layers;
}

/** A sentence about weights with more layers than config.json asks for. */
export function surplusLayers(
  weights: CheckpointWeights,
  { family, encoder: { numHiddenLayers: used } }: Pick<ModelConfig, "family" | "encoder">,
): string | undefined {
  const stored = layersOf(weights.names());
  if (stored <= used) return undefined;
  const { directory } = weights;
  return `Of the ${stored} layers in ${directory} the first ${used} are used, as config.json says (${family.layersField})`;
}
