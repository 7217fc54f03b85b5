/** The tokens that every model needs, by what they stand for. */
export interface SpecialTokens {
  /** Fills up; nothing that libbert computes is padded, but a vocabulary has it. */
  pad: string;
  /** Stands for what the vocabulary lacks. */
  unk: string;
  /** Stands before the first text. */
  cls: string;
  /** Stands behind each text. */
  sep: string;
  /** Stands in the place of a word that is predicted. */
  mask: string;
}

/** What a model family says of its texts; it holds where a tokenizer's own files are silent. */
export interface TextLayout {
  /** As the family's own checkpoints write them: `[CLS]` or `<s>`. */
  specialTokens: SpecialTokens;
  /** How many `sep` stand between the two texts of a pair. */
  separators: 1 | 2;
  /** Whether the second text of a pair, and the `sep` after it, have token type 1; else all types are 0. */
  segments: boolean;
  /** How many token types the model has. Default: as many as are needed */
  tokenTypes?: number;
}

/** `[CLS] a [SEP] b [SEP]` */
export const BERT_LAYOUT: TextLayout = {
  specialTokens: { pad: "[PAD]", unk: "[UNK]", cls: "[CLS]", sep: "[SEP]", mask: "[MASK]" },
  separators: 1,
  segments: true,
};

/** `<s> a </s></s> b </s>` */
export const ROBERTA_LAYOUT: TextLayout = {
  specialTokens: { pad: "<pad>", unk: "<unk>", cls: "<s>", sep: "</s>", mask: "<mask>" },
  separators: 2,
  segments: false,
};
