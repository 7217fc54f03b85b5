/** The parts of a `tokenizer.json` that libbert looks at; whatever else is there passes through. */
export interface TokenizerJson {
  truncation?: unknown;
  padding?: unknown;
  added_tokens?: { content: string }[];
  normalizer?: { type?: string; [setting: string]: unknown } | null;
  model: { vocab: Record<string, number>; [setting: string]: unknown };
  [part: string]: unknown;
}

/** The parts of a `tokenizer_config.json` that libbert looks at; whatever else is there passes through. */
export interface TokenizerConfig {
  do_lower_case?: boolean;
  /** `null`: accents go when case does, as in the original BERT. */
  strip_accents?: boolean | null;
  tokenize_chinese_chars?: boolean;
  model_max_length?: number;
  /** Tokens that are never cut into pieces, beside BERT's five: since transformers 5 under the second name. */
  additional_special_tokens?: unknown;
  extra_special_tokens?: unknown;
  [setting: string]: unknown;
}

/** The `tokenizer.json` of an uncased BERT whose WordPiece vocabulary is `pieces`, in the order of their ids. */
export function wordPieceJson(pieces: readonly string[]): TokenizerJson {
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
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
    post_processor: bertTemplate(vocab),
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, for the programs that will read the file. */
function bertTemplate(vocab: Record<string, number>): unknown {
  const special = (token: string, typeId: number) => ({ SpecialToken: { id: token, type_id: typeId } });
  const text = (name: "A" | "B", typeId: number) => ({ Sequence: { id: name, type_id: typeId } });
  const described = (token: string) => ({ id: token, ids: [vocab[token]], tokens: [token] });
  const single = [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)];
  return {
    type: "TemplateProcessing",
    single,
    pair: [...single, text("B", 1), special("[SEP]", 1)],
    special_tokens: { "[CLS]": described("[CLS]"), "[SEP]": described("[SEP]") },
  };
}

/**
 * The tokenizer as libbert uses it: nothing cut or filled up behind the caller's back (all-MiniLM-L6-v2 asks for
 * 128 tokens), and where `config` speaks of case, accents or Chinese characters, its word counts, as in transformers.
 */
export function settledJson(json: TokenizerJson, config: TokenizerConfig): TokenizerJson {
  const settled = { ...json, truncation: null, padding: null };
  if (json.normalizer?.type !== "BertNormalizer") return settled;
  const { normalizer } = json;
  return {
    ...settled,
    normalizer: {
      ...normalizer,
      lowercase: config.do_lower_case ?? normalizer.lowercase,
      strip_accents: config.strip_accents !== undefined ? config.strip_accents : normalizer.strip_accents,
      handle_chinese_chars: config.tokenize_chinese_chars ?? normalizer.handle_chinese_chars,
    },
  };
}

/** `config` with what a settled tokenizer does written into it, for Python, which builds its tokenizer from that. */
export function settledConfig(json: TokenizerJson, config: TokenizerConfig): TokenizerConfig {
  const settled: TokenizerConfig = {
    tokenizer_class: "BertTokenizer",
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
    mask_token: "[MASK]",
    ...config,
  };
  if (json.normalizer?.type !== "BertNormalizer") return settled;
  const { lowercase, strip_accents, handle_chinese_chars } = json.normalizer;
  return {
    ...settled,
    do_lower_case: lowercase as boolean,
    strip_accents: strip_accents as boolean | null,
    tokenize_chinese_chars: handle_chinese_chars as boolean,
  };
}
