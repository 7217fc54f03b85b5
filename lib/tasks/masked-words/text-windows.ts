import { dataError } from "../../data/data-error.js";
import { type Frame, type FramedTexts, framed, specialTokenCount } from "../../tokenizer/frame.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { LocatedText } from "./rows.js";

/** A part of a text in the frame of special tokens: as the model reads it. */
export type TextWindow = FramedTexts;

/** Texts cut into what the model reads at a time. */
export interface TextWindows {
  windows: TextWindow[];
  /** Where the text of each window stands. */
  locations: string[]; // [windows]
  texts: number;
  /** Texts too long for one window: they have several. */
  cutTexts: number;
  /** Texts without any token: they have no window. */
  emptyTexts: number;
}

export interface TextWindowOptions {
  /** Most tokens of a window, special tokens included; at least one more than these. */
  maxSeqLength: number;
  /** What the error calls the texts. */
  name?: string;
  signal?: AbortSignal;
}

/**
 * Tokenizes all texts and cuts those that are too long into as few windows as possible, of equal length, so that none is
 * left with a word or two; every token is in exactly one.
 *
 * @throws LibbertError ERR_DATA when there is no text with a token in it; the signal's reason
 */
export async function readTextWindows(
  texts: AsyncIterable<readonly LocatedText[]>,
  tokenizer: TextTokenizer,
  { maxSeqLength, name = "the texts", signal }: TextWindowOptions,
): Promise<TextWindows> {
  const read: TextWindows = { windows: [], locations: [], texts: 0, cutTexts: 0, emptyTexts: 0 };
  for await (const some of texts) {
    signal?.throwIfAborted();
    const tokens = await tokenizer.encodeAsText(some.map(({ text }) => text));
    for (const [index, ids] of tokens.entries()) {
      const windows = cutIntoWindows(ids, tokenizer.frame, maxSeqLength);
      read.texts++;
      if (windows.length === 0) read.emptyTexts++;
      if (windows.length > 1) read.cutTexts++;
      for (const window of windows) {
        read.windows.push(window);
        read.locations.push(some[index]!.location);
      }
    }
  }
  if (read.windows.length > 0) return read;
  throw dataError(name, "at least one text with a word in it", `${read.texts} empty ones`);
}

/** @param ids a whole text */
function cutIntoWindows(ids: Int32Array, frame: Frame, maxSeqLength: number): TextWindow[] {
  const count = Math.ceil(ids.length / (maxSeqLength - specialTokenCount(frame, 1)));
  const boundary = (window: number) => Math.floor((window * ids.length) / count);
  return Array.from({ length: count }, (_, index) =>
    framed([ids.subarray(boundary(index), boundary(index + 1))], frame),
  );
}
