import type { AddedToken } from "./added-tokens.js";

/** The models that libbert takes of the tokenizers library's. */
export type TokenizerKind = "WordPiece" | "BPE" | "Unigram";

/** A normalizer, pre-tokenizer, post-processor or decoder of a `tokenizer.json`. */
export interface TokenizerPart {
  /** Its class in the tokenizers library: `BertNormalizer`, `ByteLevel`. */
  type?: string;
  /** Of a post-processor that is a sequence of others. */
  processors?: TokenizerPart[];
  [setting: string]: unknown;
}

/** A `tokenizer.json`. */
export interface TokenizerJson {
  truncation?: unknown;
  padding?: unknown;
  added_tokens?: AddedToken[];
  normalizer?: TokenizerPart | null;
  pre_tokenizer?: TokenizerPart | null;
  post_processor?: TokenizerPart | null;
  model: {
    type: TokenizerKind;
    /** Ids of the pieces; of a Unigram model, pieces and their scores in the order of the ids. */
    vocab: Record<string, number> | [piece: string, score: number][];
    unk_token?: string | null;
    merges?: (string | [string, string])[];
    [setting: string]: unknown;
  };
  [part: string]: unknown;
}

/** The parts of a `tokenizer_config.json` that libbert looks at; whatever else is there passes through. */
export interface TokenizerConfig {
  tokenizer_class?: string;
  model_input_names?: unknown;
  do_lower_case?: boolean;
  /** `null`: accents go when case does, as in the original BERT. */
  strip_accents?: boolean | null;
  tokenize_chinese_chars?: boolean;
  /** Of byte-level tokenizers: whether a text begins with a space that it does not have. */
  add_prefix_space?: boolean;
  /** Of byte-level tokenizers: whether the space before a word is left out of the word's offsets. */
  trim_offsets?: boolean;
  model_max_length?: number;
  /** Which end of a text stays when it is cut. Default: "right" is cut, the beginning stays. */
  truncation_side?: "left" | "right";
  /** Tokens that are never cut into pieces, beside the five: since transformers 5 under the second name. */
  additional_special_tokens?: unknown;
  extra_special_tokens?: unknown;
  [setting: string]: unknown;
}

/** The `tokenizer.json` of an uncased BERT whose WordPiece vocabulary is `pieces`, in the order of their ids. */
export function wordPieceJson(pieces: readonly string[], unkToken: string): TokenizerJson {
  return {
    version: "1.0",
    added_tokens: [],
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unkToken,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    },
  };
}

/** The id of every piece of the model's own vocabulary. */
export function modelPieces({ model: { vocab } }: TokenizerJson): Map<string, number> {
  return Array.isArray(vocab)
    ? new Map(vocab.map(([piece], id) => [piece, id]))
    : new Map(Object.entries(vocab));
}

/** The id of every piece and every added token. */
export function pieceIds(json: TokenizerJson): Map<string, number> {
  const ids = modelPieces(json);
  for (const { content, id } of json.added_tokens ?? []) ids.set(content, id);
  return ids;
}
