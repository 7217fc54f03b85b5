import type { TextInput } from "../tokenizer/text-input.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";

/** How texts are changed before the tokenizer sees them. */
export interface PreparedAs {
  /** Stands before each, of a pair before the first. */
  prompt: string;
  lowercase: boolean;
}

/** The texts as the tokenizer is to see them: behind the prompt, and in lower case where that is asked for. */
export function preparedTexts(
  inputs: readonly TextInput[],
  tokenizer: TextTokenizer,
  { prompt, lowercase }: PreparedAs,
): TextInput[] {
  const lower = lowercase && !lowersItself(tokenizer) ? lowering(tokenizer.specialTokens) : String;
  return inputs.map(
    (input): TextInput =>
      typeof input === "string" ? lower(prompt + input) : [lower(prompt + input[0]), lower(input[1])],
  );
}

/**
 * How many tokens a prompt has, without those that stand before every text and behind it.
 *
 * @param maxLength where it is cut, with what stands around it, as texts are
 */
export async function countPromptTokens(
  tokenizer: TextTokenizer,
  texts: PreparedAs,
  maxLength: number,
): Promise<number> {
  if (texts.prompt === "") return 0;
  const [encoding] = await tokenizer.encodeBatch(preparedTexts([""], tokenizer, texts), { maxLength });
  const ids = encoding!.inputIds;
  const special = new Set(tokenizer.specialTokens.map((token) => tokenizer.tokenToId(token)));
  const end = special.has(ids.at(-1)!) ? ids.length - 1 : ids.length;
  return end - tokenizer.frame.open.length;
}

/** Whether a tokenizer makes all letters small. */
export function lowersItself({ normalizer }: TextTokenizer): boolean {
  return lowers(normalizer);
}

function lowers(normalizer: unknown): boolean {
  const { type, lowercase, normalizers } = (normalizer ?? {}) as Record<string, unknown>;
  if (type === "Sequence") return (normalizers as unknown[]).some(lowers);
  return type === "Lowercase" || (type === "BertNormalizer" && lowercase === true);
}

/** Lowers each character by itself, as the tokenizers library does, and leaves special tokens as they are. */
function lowering(specialTokens: readonly string[]): (text: string) => string {
  const escaped = specialTokens.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const special = new RegExp(`(${escaped.join("|")})`);
  const lowered = (text: string) => Array.from(text, (character) => character.toLowerCase()).join("");
  return (text) =>
    text
      .split(special)
      .map((part, index) => (index % 2 === 1 ? part : lowered(part)))
      .join("");
}
