import { type Encoding, Tokenizer } from "tokenizers";
import { describe } from "../errors.js";
import { fileError } from "./file-error.js";
import type { TokenizerJson } from "./tokenizer-json.js";

/**
 * The library's tokenizer for a `tokenizer.json`.
 *
 * @param source the file that errors name
 * @throws LibbertError ERR_CHECKPOINT for what the library refuses, and for added tokens that it would number or find otherwise
 */
export function createNative(json: TokenizerJson, source: string): Tokenizer {
  let native: Tokenizer;
  try {
    native = Tokenizer.fromString(JSON.stringify(json));
  } catch (error) {
    throw fileError(source, "a tokenizer", `something else (${(error as Error).message})`, { cause: error });
  }
  const normalizer = native.getNormalizer();
  for (const { content, id, normalized } of json.added_tokens ?? []) {
    if (normalized && normalizer?.normalizeString(content) === "") {
      // Native code would find nothing everywhere, even inside a character.
      throw fileError(source, "an added token that the normalizer leaves something of", describe(content));
    }
    const given = native.tokenToId(content);
    if (given !== id)
      throw fileError(source, `id ${given} for the added token ${describe(content)}`, `${id}`);
  }
  return native;
}

/**
 * The library's encodings of texts, without special tokens around them, computed on all cores.
 *
 * @param source the file that errors name
 */
export async function encodeNatively(
  native: Tokenizer,
  texts: readonly string[],
  source: string,
): Promise<Encoding[]> {
  try {
    return await native.encodeBatch([...texts], { addSpecialTokens: false });
  } catch (error) {
    const received = `an error (${(error as Error).message})`;
    throw fileError(source, "a tokenizer of any text", received, { cause: error });
  }
}
