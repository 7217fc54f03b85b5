import { z } from "zod";
import { countWords } from "../data/corpus/count-words.js";
import { findTextFiles } from "../data/corpus/input-files.js";
import { dataError } from "../data/data-error.js";
import { writeStaged } from "../files/staged-directory.js";
import { BertTokenizer } from "../tokenizer/bert-tokenizer.js";
import { BERT_TOKENS } from "../tokenizer/special-tokens.js";
import { learnPieces } from "../tokenizer/vocabulary/learn-pieces.js";
import { prepareOutputDirectory } from "./output-directory.js";
import { parseOptions } from "./parse-options.js";
import { vocabularyOptions } from "./vocabulary-options.js";

/** What `onProgress` is told in `trainVocabulary()`. */
export type VocabularyEvent =
  /** So much of the files, as they are on disk, is counted. */
  | { type: "count"; bytes: number; totalBytes: number }
  /** So many pieces are there. */
  | { type: "merge"; pieces: number; size: number }
  /** Something to know that is no error, such as bytes that were replaced. */
  | { type: "notice"; message: string };

export interface VocabularyOptions extends z.input<typeof vocabularyOptions> {
  signal?: AbortSignal;
  onProgress?: (event: VocabularyEvent) => void;
}

/** A vocabulary, and the text that it was learned from. */
export interface VocabularyResult {
  /** In order of their ids. */
  pieces: string[];
  /** Words of the text, and how many different ones. */
  words: number;
  distinctWords: number;
  /** Characters that are too rare for the vocabulary: only the 1,000 most frequent ones enter. */
  droppedCharacters: number;
  /** How often U+FFFD had to stand in for bytes that are not UTF-8. */
  invalidSequences: number;
}

const callOptions = vocabularyOptions.extend({
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z
    .custom<(event: VocabularyEvent) => void>((value) => typeof value === "function", "a function")
    .optional(),
});

/**
 * Learns a WordPiece vocabulary from files of text, on all cores and in flat memory, and saves the tokenizer:
 * `vocab.txt`, `tokenizer.json` and `tokenizer_config.json`. The algorithm is that of Hugging Face's
 * BertWordPieceTokenizer; the same text gives the same file every time.
 *
 * ```ts
 * await trainVocabulary({ input: ["corpus/*.txt"], size: 8000, outputDir: "tokenizer" });
 * ```
 *
 * @throws LibbertError ERR_OPTION: a pattern without files, a size that the alphabet alone exceeds, an output
 *   directory that holds files; ERR_DATA, naming file and line: what cannot be read, broken JSON, no words at all.
 *   The signal's reason when it aborts; nothing is saved then.
 */
export async function trainVocabulary(options: VocabularyOptions): Promise<VocabularyResult> {
  const { signal, onProgress, ...settings } = parseOptions(callOptions, options);
  const { size, minFrequency, cased, specialTokens = BERT_TOKENS, textField, outputDir } = settings;
  const notice = (message: string) => onProgress?.({ type: "notice", message });
  signal?.throwIfAborted();
  const files = await findTextFiles(settings.input);
  prepareOutputDirectory(outputDir, settings.overwrite);

  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const { words, invalidSequences } = await countWords(
    files,
    { cased, textField },
    { signal, onProgress: (bytes) => onProgress?.({ type: "count", bytes, totalBytes }) },
  );
  if (words.tooLong > 0) notice(`${words.tooLong} words of more than 1,000 characters are left out`);
  if (words.counts.size === 0) throw dataError(settings.input.join(", "), "text", "no word");
  if (invalidSequences > 0)
    notice(`${invalidSequences} sequences of bytes are not UTF-8: they became U+FFFD`);
  if (words.forgottenCount > 0) {
    notice(`Too many distinct words: those that came ${words.forgottenCount} times or less may not count`);
  }

  const { pieces, droppedCharacters } = await learnPieces(words.counts, {
    size,
    minFrequency,
    specialTokens,
    signal,
    onProgress: (pieces) => onProgress?.({ type: "merge", pieces, size }),
  });
  if (droppedCharacters > 0) notice(`${droppedCharacters} rare characters are not in the vocabulary`);
  if (pieces.length < size) {
    notice(`The text gives ${pieces.length} pieces, not ${size}: no pair comes ${minFrequency} times`);
  }

  const tokenizer = BertTokenizer.fromVocab(pieces, { lowercase: !cased, specialTokens });
  await writeStaged(outputDir, (staging) => tokenizer.save(staging));
  return {
    pieces,
    words: sumOf(words.counts.values()),
    distinctWords: words.counts.size,
    droppedCharacters,
    invalidSequences,
  };
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}
