import type { RowInput } from "../../data/readers/rows.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { Examples, ReadOptions } from "../head.js";
import type { TaggingConfig } from "./config.js";
import { countMisplaced, readTaggedSentences, type TaggedSentences, tagIds } from "./sentences.js";
import { oddWords, type TokenWindow, tokenWindows, wordBudget } from "./token-windows.js";

/** Sentences with tags; an item is a window. */
export interface TaggingExamples extends Examples {
  sentences: TaggedSentences["sentences"];
  windows: readonly TokenWindow[];
  /** Of each window, the class numbers of its words. */
  classes: readonly Int32Array[];
  emptyWords: number;
}

/** How a model reads tagged words. */
export interface TaggingReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  config: Pick<TaggingConfig, "labels" | "scheme" | "documentContext">;
}

/** @throws ERR_DATA, naming the location; the signal's reason */
export function readSentences(
  source: RowInput,
  tokenizer: TextTokenizer,
  options: ReadOptions & Pick<TaggingConfig, "scheme"> & Partial<Pick<TaggingConfig, "labels">>,
): Promise<TaggedSentences> {
  return readTaggedSentences(source, tokenizer, options);
}

/** @throws ERR_DATA, naming the location, for a tag that is not among the labels, or document context without documents */
export function withWindows(
  { sentences, widenedEntities }: TaggedSentences,
  { tokenizer: { frame }, maxSeqLength, config: { labels, scheme, documentContext } }: TaggingReader,
): TaggingExamples {
  const ids = tagIds(sentences, labels);
  const windows = tokenWindows(sentences, frame, { maxLength: maxSeqLength, documentContext });
  const budget = wordBudget(frame, maxSeqLength);
  const odd = oddWords(sentences, budget);
  const misplaced = countMisplaced(sentences, scheme);
  const windowed = countLongSentences(windows);
  const classes = windows.map(({ sentence, words }) => words.map((word) => ids[sentence]![word]!));
  const notices = [
    windowed > 0 && `sentences longer than ${maxSeqLength} tokens, read in windows: ${windowed}`,
    odd.empty > 0 && `words without a token: ${odd.empty}`,
    odd.cut > 0 && `words of more than ${budget} tokens, cut: ${odd.cut}`,
    widenedEntities > 0 && `entities that began or ended within a word, widened: ${widenedEntities}`,
    misplaced.count > 0 && `tags out of ${scheme}'s order: ${misplaced.count}, the first ${misplaced.first}`,
  ];
  const tokens = () => windows.map(({ inputIds }) => inputIds);
  return {
    rows: sentences.length,
    lengths: Int32Array.from(windows, ({ inputIds }) => inputIds.length),
    tokens,
    *content() {
      yield* tokens();
      yield* classes;
    },
    notices: notices.filter((notice) => notice !== false),
    sentences,
    windows,
    classes,
    emptyWords: odd.empty,
  };
}

function countLongSentences(windows: readonly TokenWindow[]): number {
  const more = windows.filter(({ sentence }, index) => windows[index - 1]?.sentence === sentence);
  return new Set(more.map(({ sentence }) => sentence)).size;
}
