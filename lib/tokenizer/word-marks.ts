import type { TokenizerJson, TokenizerPart } from "./tokenizer-json.js";

/**
 * Whether a piece goes on with the word before it: `##ing` of WordPiece; of byte-level and SentencePiece tokenizers
 * what has no mark of a space (Ġ or ▁) at its start. `undefined` for a tokenizer whose pieces do not show it.
 */
export function continuationOf({
  model,
  pre_tokenizer,
}: TokenizerJson): ((piece: string) => boolean) | undefined {
  const prefix = model.continuing_subword_prefix ?? (model.type === "WordPiece" ? "##" : "");
  if (typeof prefix === "string" && prefix !== "") return (piece) => piece.startsWith(prefix);
  for (const part of partsOf(pre_tokenizer)) {
    const space = part.type === "ByteLevel" ? "Ġ" : part.type === "Metaspace" ? part.replacement : undefined;
    if (typeof space === "string") return (piece) => !piece.startsWith(space);
  }
  return undefined;
}

function partsOf(preTokenizer: TokenizerPart | null | undefined): readonly TokenizerPart[] {
  if (!preTokenizer) return [];
  return preTokenizer.type === "Sequence" ? (preTokenizer.pretokenizers as TokenizerPart[]) : [preTokenizer];
}
