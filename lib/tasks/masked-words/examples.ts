import type { RowSource } from "../../data/readers/rows.js";
import { readTextWindows, type TextWindow } from "../../data/text-windows.js";
import { readTexts } from "../../data/unlabelled-texts.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Examples, ReadOptions } from "../fine-tuning/task-model.js";

/** Texts in windows; an item is a window. */
export interface MaskedWordsExamples extends Examples {
  windows: TextWindow[];
  /** Texts without a word: they have no window. */
  emptyTexts: number;
}

/**
 * Texts as the model reads them.
 *
 * @throws ERR_DATA, naming the place; the signal's reason
 */
export async function readWindows(
  source: RowSource,
  { tokenizer, maxSeqLength }: { tokenizer: BertTokenizer; maxSeqLength: number },
  { name, columns, limit, signal }: ReadOptions,
): Promise<MaskedWordsExamples> {
  const texts = untilAborted(readTexts(source, { name, column: columns?.text, limit }), signal);
  const read = await readTextWindows(texts, tokenizer, { maxSeqLength, name });
  const notices: string[] = [];
  if (read.cutTexts > 0)
    notices.push(`texts longer than ${maxSeqLength} tokens, cut into windows: ${read.cutTexts}`);
  if (read.emptyTexts > 0) notices.push(`empty texts, left out: ${read.emptyTexts}`);
  return {
    rows: read.texts,
    windows: read.windows,
    emptyTexts: read.emptyTexts,
    lengths: Int32Array.from(read.windows, ({ inputIds }) => inputIds.length),
    notices,
  };
}

async function* untilAborted<Item>(items: AsyncIterable<Item>, signal?: AbortSignal): AsyncGenerator<Item> {
  for await (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}
