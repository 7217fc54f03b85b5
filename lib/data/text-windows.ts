import type { BertTokenizer } from "../tokenizer/bert-tokenizer.js";
import { dataError } from "./data-error.js";
import { inBatches } from "./encoded-examples.js";

/** A piece of a text as the model reads it: `[CLS]`, the tokens, `[SEP]`. */
export interface TextWindow {
  inputIds: Int32Array; // [tokens]
  /** All 0. */
  tokenTypeIds: Uint8Array; // [tokens]
}

/** Texts cut into what the model reads at a time. */
export interface TextWindows {
  windows: TextWindow[];
  texts: number;
  /** Texts too long for one window: they have several. */
  cutTexts: number;
  /** Texts without any token: they have no window. */
  emptyTexts: number;
}

/**
 * Tokenizes all texts and cuts those that are too long into as few windows as possible, of equal length, so that none is
 * left with a word or two; every token is in exactly one.
 *
 * @param options.maxSeqLength most tokens of a window, special tokens included; at least 3
 * @param options.name what the error calls the texts
 * @throws LibbertError ERR_DATA when there is no text with a token in it
 */
export async function readTextWindows(
  texts: AsyncIterable<string>,
  tokenizer: BertTokenizer,
  { maxSeqLength, name = "the texts" }: { maxSeqLength: number; name?: string },
): Promise<TextWindows> {
  const read: TextWindows = { windows: [], texts: 0, cutTexts: 0, emptyTexts: 0 };
  for await (const batch of inBatches(texts)) {
    for (const ids of await tokenizer.encodeAsText(batch)) {
      const windows = cutIntoWindows(ids, tokenizer, maxSeqLength);
      read.texts++;
      if (windows.length === 0) read.emptyTexts++;
      if (windows.length > 1) read.cutTexts++;
      for (const window of windows) read.windows.push(window);
    }
  }
  if (read.windows.length > 0) return read;
  throw dataError(name, "at least one text with a word in it", `${read.texts} empty ones`);
}

/** @param ids a whole text */
function cutIntoWindows(
  ids: Int32Array,
  { clsId, sepId }: BertTokenizer,
  maxSeqLength: number,
): TextWindow[] {
  const count = Math.ceil(ids.length / (maxSeqLength - 2));
  const boundary = (window: number) => Math.floor((window * ids.length) / count);
  return Array.from({ length: count }, (_, index) => {
    const framed = Int32Array.of(clsId, ...ids.subarray(boundary(index), boundary(index + 1)), sepId);
    return { inputIds: framed, tokenTypeIds: new Uint8Array(framed.length) };
  });
}
