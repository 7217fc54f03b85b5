import { meanOf } from "../arrays.js";
import { dataError } from "../data/data-error.js";
import type { Encoding } from "../tokenizer/encoding.js";
import { type Frame, framed } from "../tokenizer/frame.js";
import type { TextInput } from "../tokenizer/text-input.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import { type LongTexts, roomOf, type WindowPooling } from "./long-texts.js";

/** Windows that a text may have: in training, each has its own numbers for dropout. */
const MOST_WINDOWS = 1024;

export interface TextEncoding {
  /** The most tokens of a sequence, special tokens included. */
  maxLength: number;
  /** Null where longer texts are cut. */
  longTexts: LongTexts | null;
  /** Where each text stands, for errors. Default: its number among the inputs */
  locations?: readonly string[];
  /** How many of each text's first tokens, those of a prompt, each of its windows begins with. Default: none */
  promptTokens?: readonly number[];
}

/**
 * What a model reads of each text: one sequence, or the windows of a long one.
 *
 * @throws ERR_DATA, naming the location, for a pair that is to be read in windows, a text of too many, a prompt that leaves no room
 */
export async function encodeTexts(
  tokenizer: TextTokenizer,
  inputs: readonly TextInput[],
  { maxLength, longTexts, locations, promptTokens }: TextEncoding,
): Promise<Encoding[][]> {
  if (longTexts === null)
    return (await tokenizer.encodeBatch(inputs, { maxLength })).map((encoding) => [encoding]);
  const { frame } = tokenizer;
  const locationOf = (index: number) => locations?.[index] ?? `input ${index + 1}`;
  const pair = inputs.findIndex((input) => typeof input !== "string");
  if (pair >= 0)
    throw dataError(locationOf(pair), "one text, which longTexts reads in windows,", "a pair of texts");
  const whole = await tokenizer.encodeBatch(inputs);
  return whole.map((encoding, index) =>
    textWindows(encoding, longTexts, {
      ...{ frame, maxLength, location: locationOf(index) },
      promptTokens: promptTokens?.[index],
    }),
  );
}

interface WindowReading {
  frame: Frame;
  maxLength: number;
  location: string;
  /** Default: 0 */
  promptTokens?: number;
}

/**
 * The windows of one text, first to last: each as long as the model reads, but for the last, which ends with the text.
 *
 * @param inputIds of the whole text, in its frame
 * @throws ERR_DATA, naming the location, for a text of too many windows, or a prompt that leaves them no room
 */
export function textWindows(
  { inputIds }: Pick<Encoding, "inputIds">,
  { docStride }: LongTexts,
  { frame, maxLength, location, promptTokens = 0 }: WindowReading,
): Encoding[] {
  const ids = inputIds.subarray(frame.open.length, inputIds.length - frame.close.length);
  const [prompt, text] = [ids.subarray(0, promptTokens), ids.subarray(promptTokens)];
  const capacity = roomOf(frame, maxLength) - promptTokens;
  const step = capacity - docStride;
  if (step <= 0) {
    const what = `a prompt of less than ${step + promptTokens} tokens (windows of ${maxLength} share ${docStride})`;
    throw dataError(location, what, `${promptTokens}`);
  }
  const count = Math.max(1, Math.ceil((text.length - docStride) / step));
  if (count > MOST_WINDOWS) {
    const most = docStride + MOST_WINDOWS * step;
    throw dataError(
      location,
      `a text of at most ${most} tokens, which windows of ${maxLength} hold`,
      `${text.length}`,
    );
  }
  return Array.from({ length: count }, (_, window) => {
    const part = text.subarray(window * step, window * step + capacity);
    return { ...framed([Int32Array.of(...prompt, ...part)], frame), truncated: false };
  });
}

/** What is made of the vectors of a text's windows, number by number. @param vectors at least one */
export function pooledWindows(vectors: readonly Float32Array[], pooling: WindowPooling): Float32Array {
  const [first] = vectors as [Float32Array];
  if (vectors.length === 1) return first;
  return first.map((_, index) => {
    const values = vectors.map((vector) => vector[index]!);
    if (pooling === "max") return values.reduce((most, value) => Math.max(most, value));
    return meanOf(values);
  });
}
