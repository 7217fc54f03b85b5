import type { AlignedEncoding } from "../tokenizer/encoding.js";
import { type TextInput, textsOf } from "../tokenizer/text-input.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import { type PreparedAs, preparedTexts } from "./sentence-texts.js";

/**
 * A text, or a pair, as the model reads it, with each token's place in what was given. The tokens of a prompt are of no word, as
 * special tokens are.
 *
 * @param maxLength where it is cut
 */
export async function alignedWithGiven(
  tokenizer: TextTokenizer,
  input: TextInput,
  texts: PreparedAs,
  maxLength: number,
): Promise<AlignedEncoding> {
  const [prompt, prepared] = preparedTexts(["", input], tokenizer, texts) as [string, TextInput];
  const [encoding] = (await tokenizer.encodeBatchAligned([prepared], { maxLength })) as [AlignedEncoding];
  const [given, read] = [textsOf(input), textsOf(prepared)];
  const places = given.map((text, index) => {
    const before = index === 0 ? prompt.length : 0;
    const isLonger = read[index]!.length > before + text.length;
    return (place: number) => givenPlace(text, Math.max(0, place - before), isLonger);
  });
  const { textIds, wordIds, offsets } = encoding;
  const isOfPrompt = offsets.map(([, end], token) => textIds[token] === 0 && end <= prompt.length);
  return {
    ...encoding,
    wordIds: wordIds.map((word, token) => (isOfPrompt[token] ? null : word)),
    offsets: offsets.map(([start, end], token) => {
      const placeOf = places[textIds[token]!]!;
      return isOfPrompt[token] ? [0, 0] : [placeOf(start), placeOf(end)];
    }),
  };
}

/** @param isLonger whether the text that is read is longer: in lower case "İ" has one UTF-16 unit more */
function givenPlace(text: string, readPlace: number, isLonger: boolean): number {
  if (!isLonger) return readPlace;
  let [place, reached] = [0, 0];
  for (const character of text) {
    if (reached >= readPlace) break;
    place += character.length;
    reached += character.toLowerCase().length;
  }
  return place;
}
