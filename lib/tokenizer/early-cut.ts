import { leavesSpace } from "./precompiled-map.js";
import type { TokenizerJson, TokenizerPart } from "./tokenizer-json.js";

/** Says where the beginning of a text ends whose tokens are the first of the whole text, whatever follows. */
export interface EarlyCut {
  /** The end of the shortest such beginning of at least `length` units, or the text's own. */
  end(text: string, length: number): number;
}

/** A visible character before white space; before a space between words alone; between two ideographs. */
const BEFORE_SPACE = /[!-~](?=[ \t\n\r])/g;
const BEFORE_ONE_SPACE = /[!-~](?= [!-~])/g;
const BEFORE_SPACE_OR_IDEOGRAPH = /[!-~](?=[ \t\n\r])|[\u4e00-\u9fa5](?=[\u4e00-\u9fa5])/g;
const IDEOGRAPH = /[\u4e00-\u9fa5]/;

/**
 * Where a text can be cut before it is tokenized, so that no token of the beginning depends on the rest; `undefined`
 * for a tokenizer where that cannot be told.
 *
 * It is behind a visible ASCII character with ASCII white space behind it: all these pre-tokenizers end a word there,
 * models look at one word at a time, and normalizers at one character, or at one with the marks behind it. BERT's
 * rules also end a word between two ideographs. An added token might reach across where it contains such characters.
 */
export function earlyCutOf(json: TokenizerJson): EarlyCut | undefined {
  const contents = (json.added_tokens ?? []).map(({ content }) => content);
  const [first, ...others] = flat(json.pre_tokenizer, "pretokenizers");
  const normalizers = flat(json.normalizer, "normalizers");
  if (contents.some((content) => /\s/u.test(content))) return undefined;
  if (first === undefined || !endsWordsAtSpace(first) || !others.every(looksAtOneWord)) return undefined;
  if (!normalizers.every(keepsSpaces)) return undefined;
  const pattern = patternOf(json, normalizers, contents);
  return {
    end(text, length) {
      if (length >= text.length) return text.length;
      pattern.lastIndex = Math.max(0, length - 1);
      return pattern.test(text) ? pattern.lastIndex : text.length;
    },
  };
}

function patternOf(
  { normalizer, pre_tokenizer }: TokenizerJson,
  normalizers: readonly TokenizerPart[],
  contents: readonly string[],
): RegExp {
  // SentencePiece's maps may have an entry for white space with what stands beside it.
  if (normalizers.some(({ type }) => type === "Precompiled")) return BEFORE_ONE_SPACE;
  const pads = normalizer?.type === "BertNormalizer" && normalizer.handle_chinese_chars === true;
  const splits = pads && pre_tokenizer?.type === "BertPreTokenizer";
  return splits && !contents.some((content) => IDEOGRAPH.test(content))
    ? BEFORE_SPACE_OR_IDEOGRAPH
    : BEFORE_SPACE;
}

function flat(
  part: TokenizerPart | null | undefined,
  parts: "normalizers" | "pretokenizers",
): TokenizerPart[] {
  if (!part) return [];
  return part.type === "Sequence"
    ? (part[parts] as TokenizerPart[]).flatMap((one) => flat(one, parts))
    : [part];
}

/** Whether white space ends a word here, also to the library's own settings where the file has none. */
function endsWordsAtSpace({ type, split, use_regex }: TokenizerPart): boolean {
  if (type === "ByteLevel") return use_regex !== false;
  if (type === "Metaspace") return split !== false;
  return type === "BertPreTokenizer" || type === "Whitespace" || type === "WhitespaceSplit";
}

/** Whether a later pre-tokenizer looks at each word alone. */
function looksAtOneWord({ type }: TokenizerPart): boolean {
  const known = ["BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "Whitespace"];
  return known.includes(type!) || type === "WhitespaceSplit";
}

/** Whether a normalizer looks at no more than one character and its marks, and leaves spaces between words. */
function keepsSpaces({ type, pattern, precompiled_charsmap: map }: TokenizerPart): boolean {
  if (type === "Replace") return (pattern as { Regex?: string } | undefined)?.Regex === " {2,}";
  if (type === "Precompiled") return leavesSpace(map as string);
  const known = ["BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "StripAccents"];
  return known.includes(type!);
}
