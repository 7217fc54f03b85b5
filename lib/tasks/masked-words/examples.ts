import type { Masking } from "../../data/pretraining/masking.js";
import type { RowInput } from "../../data/readers/rows.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { Examples, ReadOptions } from "../head.js";
import { readLocatedTexts } from "./rows.js";
import { readTextWindows, type TextWindow } from "./text-windows.js";

/** Texts in windows; an item is a window. */
export interface MaskedWordsExamples extends Examples {
  windows: readonly TextWindow[];
  /** How the windows are masked, anew in each epoch. */
  masking: Masking;
  /** Texts without a word: they have no window. */
  emptyTexts: number;
  /** Where the text of each window stands. */
  locations: readonly string[];
}

/** How a model reads texts. */
export interface WindowReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  masking: Masking;
}

/**
 * Texts as the model reads them.
 *
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export async function readWindows(
  source: RowInput,
  { tokenizer, maxSeqLength, masking }: WindowReader,
  { name, columns, columnNames, others, limit, signal }: ReadOptions,
): Promise<MaskedWordsExamples> {
  const texts = readLocatedTexts(source, { name, column: columns?.text, columnNames, others, limit });
  const read = await readTextWindows(texts, tokenizer, { maxSeqLength, name, signal });
  const { windows, locations, cutTexts, emptyTexts } = read;
  const notices: string[] = [];
  if (cutTexts > 0) notices.push(`texts longer than ${maxSeqLength} tokens, cut into windows: ${cutTexts}`);
  if (emptyTexts > 0) notices.push(`empty texts, left out: ${emptyTexts}`);
  const tokens = () => windows.map(({ inputIds }) => inputIds);
  return {
    rows: read.texts,
    windows,
    locations,
    masking,
    emptyTexts,
    lengths: Int32Array.from(windows, ({ inputIds }) => inputIds.length),
    tokens,
    content: tokens,
    notices,
  };
}
