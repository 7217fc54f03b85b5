import type { RowSource } from "../../data/readers/rows.js";
import type { TaggingScheme } from "../../data/tagging/scheme.js";
import {
  misplacedTags,
  readTaggedSentences,
  type TaggedSentences,
  tagIds,
} from "../../data/tagging/sentences.js";
import { oddWords, type TokenWindow, tokenWindows } from "../../data/tagging/token-windows.js";
import { expected } from "../../errors.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Examples, ReadOptions } from "../fine-tuning/task-model.js";

/** Sentences with tags; an item is a window. */
export interface TaggingExamples extends Examples {
  sentences: TaggedSentences["sentences"];
  windows: TokenWindow[];
  /** Of each window, the class numbers of its words. */
  classes: Int32Array[];
  emptyWords: number;
}

/** How a model reads tagged words. */
export interface TaggingReader {
  tokenizer: BertTokenizer;
  maxSeqLength: number;
  labels: readonly string[];
  scheme: TaggingScheme;
  documentContext: boolean;
}

/** @throws ERR_DATA, naming the place; ERR_OPTION for a column of second texts; the signal's reason */
export async function readSentences(
  source: RowSource,
  { tokenizer, scheme }: Pick<TaggingReader, "tokenizer" | "scheme">,
  { name, columns, limit, signal }: ReadOptions,
): Promise<TaggedSentences> {
  if (columns?.textPair !== undefined) {
    throw expected("no value, as rows have one text,", "columns.textPair", columns.textPair);
  }
  return readTaggedSentences(source, tokenizer, { name, columns, limit, signal, scheme });
}

/** @throws ERR_DATA, naming the place, for a tag that is not among the labels, or document context without documents */
export function withWindows(
  { sentences, widenedEntities }: TaggedSentences,
  { tokenizer, maxSeqLength, labels, scheme, documentContext }: TaggingReader,
): TaggingExamples {
  const ids = tagIds(sentences, labels);
  const windows = tokenWindows(sentences, tokenizer, { maxLength: maxSeqLength, documentContext });
  const odd = oddWords(sentences, maxSeqLength);
  const misplaced = misplacedTags(sentences, scheme);
  const windowed = countLongSentences(windows);
  const notices = [
    windowed > 0 && `sentences longer than ${maxSeqLength} tokens, read in windows: ${windowed}`,
    odd.empty > 0 && `words without a token: ${odd.empty}`,
    odd.cut > 0 && `words of more than ${maxSeqLength - 2} tokens, cut: ${odd.cut}`,
    widenedEntities > 0 && `entities that began or ended within a word, widened: ${widenedEntities}`,
    misplaced.count > 0 && `tags out of ${scheme}'s order: ${misplaced.count}, the first ${misplaced.first}`,
  ];
  return {
    rows: sentences.length,
    lengths: Int32Array.from(windows, ({ inputIds }) => inputIds.length),
    notices: notices.filter((notice) => notice !== false),
    sentences,
    windows,
    classes: windows.map(({ sentence, words }) => words.map((word) => ids[sentence]![word]!)),
    emptyWords: odd.empty,
  };
}

function countLongSentences(windows: readonly TokenWindow[]): number {
  const more = windows.filter(({ sentence }, index) => windows[index - 1]?.sentence === sentence);
  return new Set(more.map(({ sentence }) => sentence)).size;
}
