import { checkpointName, type Family } from "../models/families/family.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import { matchNames } from "./stored-names.js";

/** Heads that decode words, with weights that the encoder has, too. */
const DECODERS: readonly (HeadKind | null)[] = ["masked-lm", "causal-lm", "pretraining"];

/** What a checkpoint calls the parts of a decoder of words, and what each is tied to. */
export function tiedPairs(family: Family): [decoder: string, tied: string][] {
  if (!family.heads["masked-lm"]) return [];
  const name = (own: string) => checkpointName(family, "masked-lm", own);
  return [
    [name("head.decoder.weight"), name("encoder.embeddings.word_embeddings.weight")],
    [name("head.decoder.bias"), name("head.bias")],
  ];
}

/** As `matchNames`, but what a decoder is tied to may be stored as the decoder's own alone. */
export function matchTied(
  stored: readonly string[],
  wanted: readonly string[],
  { family, head }: { family: Family; head: HeadKind | null },
): Map<string, string> {
  const match = matchNames(stored, wanted, family.prefix);
  if (!DECODERS.includes(head)) return match;
  for (const [decoder, tied] of tiedPairs(family)) {
    const place = matchNames(stored, [decoder], family.prefix).get(decoder);
    if (wanted.includes(tied) && !match.has(tied) && place !== undefined) match.set(tied, place);
  }
  return match;
}
