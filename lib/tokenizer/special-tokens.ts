import { BERT_LAYOUT, type SpecialTokens } from "./text-layout.js";
import type { TokenizerConfig, TokenizerJson } from "./tokenizer-json.js";

/** The tokens that BERT cannot do without. */
export const BERT_TOKENS: readonly string[] = Object.values(BERT_LAYOUT.specialTokens);

/** The special tokens as `config` names them, as texts or as objects with a `content`, else those of `defaults`. */
export function namedTokens(config: TokenizerConfig, defaults: SpecialTokens): SpecialTokens {
  return {
    pad: tokenText(config.pad_token) ?? defaults.pad,
    unk: tokenText(config.unk_token) ?? defaults.unk,
    cls: tokenText(config.cls_token) ?? defaults.cls,
    sep: tokenText(config.sep_token) ?? defaults.sep,
    mask: tokenText(config.mask_token) ?? defaults.mask,
  };
}

/**
 * The tokenizer for text that is nothing but text: where it says "[SEP]", that is a word in brackets. The tokens keep
 * their ids under names that no text has, since a Unigram model finds `<s>` among its pieces by itself.
 *
 * @param vocab all pieces with their ids, those among them that `json` has as added tokens alone
 */
export function withoutTokens(
  json: TokenizerJson,
  tokens: readonly string[],
  vocab: ReadonlyMap<string, number>,
): TokenizerJson {
  // No white space comes as far as the model in any kind of tokenizer, and U+FFFF is no character.
  const renamed = (piece: string) => (tokens.includes(piece) ? `\uffff ${piece}` : piece);
  const model: TokenizerJson["model"] = {
    ...json.model,
    vocab: renamedVocab(json.model.vocab, vocab, renamed),
  };
  if (typeof model.unk_token === "string") model.unk_token = renamed(model.unk_token);
  if (model.merges) model.merges = model.merges.filter((merge) => !involves(merge, tokens));
  return {
    ...json,
    model,
    added_tokens: json.added_tokens?.filter(({ content }) => !tokens.includes(content)),
  };
}

/** Whether a merge takes or makes one of `tokens`, as in a BPE that was trained on a text with "<s>" in it. */
function involves(merge: string | readonly string[], tokens: readonly string[]): boolean {
  const [left, right] = typeof merge === "string" ? merge.split(" ") : merge;
  return [left!, right!, left! + right!].some((piece) => tokens.includes(piece));
}

function renamedVocab(
  pieces: TokenizerJson["model"]["vocab"],
  vocab: ReadonlyMap<string, number>,
  renamed: (piece: string) => string,
): TokenizerJson["model"]["vocab"] {
  const all = [...vocab].map(([piece, id]) => [renamed(piece), id] as const);
  if (!Array.isArray(pieces)) return Object.fromEntries(all);
  const scored: [string, number][] = [];
  for (const [piece, id] of all) scored[id] = [piece, pieces[id]?.[1] ?? 0];
  return scored;
}

/** A token that a file has as a text, or as an object with a `content`. */
export function tokenText(token: unknown): string | undefined {
  if (typeof token === "string") return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}
