import type { TokenizerConfig, TokenizerJson } from "./tokenizer-json.js";

/** The tokens that BERT cannot do without. */
export const BERT_TOKENS: readonly string[] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** The special tokens that `config` names beside BERT's own, as texts or as objects with a `content`. */
export function extraTokensOf(config: TokenizerConfig): string[] {
  const listed = config.additional_special_tokens ?? config.extra_special_tokens;
  if (!Array.isArray(listed)) return []; // an object gives names to special tokens of other models
  const texts = listed.map((token) => (typeof token === "string" ? token : token?.content));
  return texts.filter((text) => typeof text === "string" && !BERT_TOKENS.includes(text));
}

/**
 * The tokenizer for text that is nothing but text: where it says "[SEP]", that is a word in brackets.
 *
 * @param vocab all pieces with their ids, those among them that `json` has as added tokens alone
 */
export function withoutBertTokens(json: TokenizerJson, vocab: Record<string, number>): TokenizerJson {
  const added = json.added_tokens?.filter(({ content }) => !BERT_TOKENS.includes(content));
  return { ...json, added_tokens: added, model: { ...json.model, vocab } };
}
