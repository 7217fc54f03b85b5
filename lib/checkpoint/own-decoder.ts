import { checkpointName, type Family } from "../models/families/family.js";
import type { Checkpoint } from "./checkpoint.js";
import { matchNames } from "./stored-names.js";
import { CheckpointWeights } from "./weights.js";

/**
 * Whether a checkpoint's masked-word head decodes with weights of its own: its configuration says so, or what is stored for the decoder
 * is not what it is tied to. (transformers 5 compares the two in the same way.)
 */
export function hasOwnDecoder({ directory, family, encoder }: Checkpoint): boolean {
  if (!encoder.tiesWordEmbeddings) return true;
  using weights = new CheckpointWeights(directory);
  return pairsOf(family).some(([decoder, tied]) => {
    const found = matchNames(weights.names(), [decoder, tied], family.prefix);
    const [own, shared] = [found.get(decoder), found.get(tied)];
    return own !== undefined && shared !== undefined && own !== shared && !areEqual(weights, own, shared);
  });
}

/** The parts of a decoder, and what each is tied to. */
function pairsOf(family: Family): [decoder: string, tied: string][] {
  const name = (own: string) => checkpointName(family, "masked-lm", own);
  return [
    [name("head.decoder.weight"), name("encoder.embeddings.word_embeddings.weight")],
    [name("head.decoder.bias"), name("head.bias")],
  ];
}

function areEqual(weights: CheckpointWeights, one: string, other: string): boolean {
  const [first, second] = [weights.describe(one), weights.describe(other)];
  if (first.code !== second.code || String(first.shape) !== String(second.shape)) return false;
  return Buffer.compare(weights.read(one), weights.read(other)) === 0;
}
