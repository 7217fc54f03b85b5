import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import type { TokenSpan } from "../features/options.js";
import type { AlignedEncoding } from "../tokenizer/encoding.js";
import type { Attributions, Explainable } from "./integrated-gradients.js";

/** What a part of a text adds to the number that is explained; below 0, what it takes from it. */
export interface Attributed {
  /** In the unit of that number: a logit, or a regression's score. */
  attribution: number;
}

/** Why a model says what it says of one input. */
export interface Explanation extends Omit<Attributions, "attributions"> {
  /** The label, the token, the index of the choice, or the answer that is explained; null for a model with one output alone. */
  target: string | number | null;
  /** Of token-classification: which word's tag is explained. */
  word?: number;
  /** Of masked-words: which mask's token is explained. */
  mask?: number;
  /** Of embedding: which similarity of the two vectors is explained; of a distance it is the negative. */
  similarity?: SimilarityName;
  /** As the model reads them, with special tokens, whose attribution is 0. */
  tokens: (TokenSpan & Attributed)[];
  /** The words of the texts, each with the sum of its tokens. */
  words: (Pick<TokenSpan, "text" | "start" | "end"> &
    Attributed & {
      /** The part of its text from `start` to `end`. */
      word: string;
    })[];
  /** There where the text had more tokens than the model reads. */
  truncated?: true;
}

/** What is explained. */
type Subject = Pick<Explanation, "target" | "word" | "mask" | "similarity">;

/** An input as a model reads it, and the number that is explained. */
export interface Explained extends Subject, Pick<Explainable, "output"> {
  /** Tokens of no word stay where they are, in what the input is compared with, too. */
  encoding: AlignedEncoding;
  /** One, or two. */
  texts: readonly string[];
}

/** @param tokenOf the token that an id stands for */
export function explanationOf(
  { encoding, texts, output: _, ...subject }: Explained,
  { attributions, ...figures }: Attributions,
  tokenOf: (id: number) => string,
): Explanation {
  const tokens = Array.from(attributions, (attribution, token) => ({
    token: tokenOf(encoding.inputIds[token]!),
    ...spanOf(encoding, token),
    attribution,
  }));
  return {
    ...subject,
    ...figures,
    tokens,
    words: wordsOf(encoding, texts, attributions),
    ...(encoding.truncated && { truncated: true }),
  };
}

function spanOf({ textIds, offsets }: AlignedEncoding, token: number) {
  const [start, end] = offsets[token]!;
  return { text: textIds[token]!, start, end };
}

function wordsOf(
  encoding: AlignedEncoding,
  texts: readonly string[],
  attributions: Float64Array,
): Explanation["words"] {
  const words = new Map<string, Explanation["words"][number]>();
  for (const [token, wordId] of encoding.wordIds.entries()) {
    if (wordId === null) continue;
    const span = spanOf(encoding, token);
    const key = `${span.text} ${wordId}`;
    const { start } = words.get(key) ?? span;
    const attribution = (words.get(key)?.attribution ?? 0) + attributions[token]!;
    words.set(key, { word: texts[span.text]!.slice(start, span.end), ...span, start, attribution });
  }
  return [...words.values()];
}
