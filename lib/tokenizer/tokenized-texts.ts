import type { Encoding as NativeEncoding } from "tokenizers";
import type { EarlyCut } from "./early-cut.js";
import type { TextAlignment } from "./encoding.js";
import type { ShortenedText } from "./shortened-text.js";
import { toUtf16Offsets } from "./utf16-offsets.js";

/** A text as far as it is tokenized. */
export interface TokenizedText {
  text: string;
  /** Where a place of `text` is in the input's own text, if that is longer. */
  originalOf?: (place: number) => number;
  /** How much of the text, in UTF-16 units. */
  end: number;
  native: NativeEncoding;
  /** How many tokens are certain: all of a whole text's; the last of a beginning might go on. */
  count: number;
}

/** A word and the space behind it, in most languages and vocabularies. */
const UNITS_PER_TOKEN = 8;

/**
 * Tokenizes the texts of inputs as far as needed to cut each input to its budget of tokens: the tokens that are kept,
 * and whether any are not, are those of the whole texts. Where a beginning was too short, it is doubled.
 */
export async function tokenizedTexts(
  inputs: readonly (readonly string[])[],
  {
    tokenize,
    budgetOf,
    cut,
    shorten,
  }: {
    tokenize: (texts: readonly string[]) => Promise<NativeEncoding[]>;
    budgetOf: (texts: readonly string[]) => number;
    /** Where a text may be cut before it is tokenized. Default: nowhere */
    cut: EarlyCut | undefined;
    /** What leaves out what makes no difference to tokens. Default: nothing */
    shorten: ((text: string) => ShortenedText) | undefined;
  },
): Promise<TokenizedText[][]> {
  const endOf = (text: string, length: number) =>
    cut && 2 * length < text.length ? cut.end(text, length) : text.length;
  const states = inputs.map((texts) => {
    const length = UNITS_PER_TOKEN * (budgetOf(texts) + 1);
    return texts.map((own) => {
      const isLong = own.length > 2 * length;
      const { text, originalOf } = isLong && shorten ? shorten(own) : { text: own, originalOf: undefined };
      return { text, originalOf, end: endOf(text, length) } as TokenizedText;
    });
  });
  let waiting = states.flat();
  while (waiting.length > 0) {
    const encodings = await tokenize(waiting.map(({ text, end }) => text.slice(0, end)));
    for (const [index, state] of waiting.entries()) {
      state.native = encodings[index]!;
      state.count = state.native.getLength() - (isWhole(state) ? 0 : 1);
    }
    waiting = states.flatMap((texts, index) => tooShort(texts, budgetOf(inputs[index]!)));
    for (const state of waiting) state.end = endOf(state.text, 2 * state.end);
  }
  return states;
}

/** Those of an input's texts that must be read further before it is known which tokens stay. */
function tooShort(texts: readonly TokenizedText[], budget: number): TokenizedText[] {
  const short = texts.filter((state) => !isWhole(state) && state.count <= budget);
  const [first, second] = texts;
  if (short.length > 0 || second === undefined || budget % 2 === 0) return short;
  // Of two texts that both lose tokens, the longer one has the odd token.
  const shorter = first!.count > second.count ? second : first!;
  return isWhole(shorter) ? [] : texts.filter((state) => !isWhole(state));
}

function isWhole({ text, end }: TokenizedText): boolean {
  return end === text.length;
}

/** Where in the input's own text the tokens come from. */
export function alignmentOf({ text, originalOf, native, count }: TokenizedText): TextAlignment {
  const offsets = native.getOffsets().slice(0, count) as [number, number][];
  toUtf16Offsets(text, offsets);
  if (originalOf)
    for (const span of offsets) for (const side of [0, 1] as const) span[side] = originalOf(span[side]);
  const words = native.getWordIds().slice(0, count);
  return { wordIds: words.map((word) => word ?? null), offsets };
}
