import type { Family } from "../models/families/family.js";
import type { Checkpoint } from "./checkpoint.js";
import { matchNames } from "./stored-names.js";
import { tiedPairs } from "./tied-names.js";
import { CheckpointWeights } from "./weights.js";

/**
 * Whether a checkpoint's masked-word head decodes with weights of its own: its configuration says so, or what is stored for the decoder
 * is not what it is tied to. (transformers 5 compares the two in the same way.)
 *
 * @param given the checkpoint's weights. Default: opened for the time being
 */
export function hasOwnDecoder(checkpoint: Checkpoint, given?: CheckpointWeights): boolean {
  const { directory, family, encoder } = checkpoint;
  if (!encoder.tiesWordEmbeddings) return true;
  using opened = given ? null : new CheckpointWeights(directory);
  const weights = given ?? opened!;
  return tiedPairs(family).some(([decoder, tied]) => {
    const found = matchNames(weights.names(), [decoder, tied], family.prefix);
    const [own, shared] = [found.get(decoder), found.get(tied)];
    return own !== undefined && shared !== undefined && own !== shared && !areEqual(weights, own, shared);
  });
}

/** What a checkpoint calls the weights of a decoder of its own. */
export function decoderNames(family: Family): string[] {
  return tiedPairs(family).map(([decoder]) => decoder);
}

function areEqual(weights: CheckpointWeights, one: string, other: string): boolean {
  const [first, second] = [weights.describe(one), weights.describe(other)];
  if (first.code !== second.code || String(first.shape) !== String(second.shape)) return false;
  return Buffer.compare(weights.read(one), weights.read(other)) === 0;
}
