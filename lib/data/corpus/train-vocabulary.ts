import type { z } from "zod";
import { sumOf } from "../../arrays.js";
import { openOutputDirectory } from "../../files/output-directory.js";
import { onProgressOption, signalOption } from "../../options/call-options.js";
import { withListener } from "../../options/listener.js";
import { loggerOption, withLogger } from "../../options/logger.js";
import { parseOptions } from "../../options/parse-options.js";
import { vocabularyOptions } from "../../options/vocabulary-options.js";
import { BERT_TOKENS } from "../../tokenizer/special-tokens.js";
import { learnPieces } from "../../tokenizer/vocabulary/learn-pieces.js";
import { dataError } from "../data-error.js";
import { countWords } from "./count-words.js";
import { vocabularyLine } from "./event-lines.js";
import type { VocabularyEvent } from "./events.js";
import { findTextFiles } from "./input-files.js";
import type { VocabularyOptions } from "./option-types.js";

/** A vocabulary, and the text that it was learned from. */
export interface VocabularyResult {
  /** In order of their ids. */
  pieces: string[];
  /** Words of the text. */
  words: number;
  /** How many different ones. */
  distinctWords: number;
  /** Characters that are too rare for the vocabulary: only the 1,000 most frequent ones enter. */
  droppedCharacters: number;
  /** How often U+FFFD had to stand in for bytes that are not UTF-8. */
  invalidSequences: number;
}

/** What `trainVocabulary()` is called with. */
export const vocabularyCall = vocabularyOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<VocabularyEvent>("VocabularyEvent"),
  logger: loggerOption,
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
  const call = parseOptions(vocabularyCall, options);
  return withLogger(call, vocabularyLine, (onProgress) =>
    withListener({ ...call, onProgress }, (how) => train({ ...call, ...how })),
  );
}

async function train({
  signal,
  onProgress,
  ...settings
}: z.output<typeof vocabularyCall>): Promise<VocabularyResult> {
  const { size, minFrequency, cased, specialTokens = BERT_TOKENS, textField, outputDir } = settings;
  const notice = (message: string) => onProgress?.({ type: "notice", message });
  signal?.throwIfAborted();
  const files = await findTextFiles(settings.input);
  using output = await openOutputDirectory(outputDir, { overwrite: settings.overwrite, signal });
  if (output.notice) notice(output.notice);

  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const { words, invalidSequences } = await countWords(
    files,
    { cased, textField },
    { signal, onProgress: (bytes) => onProgress?.({ type: "count", bytes, totalBytes }) },
  );
  if (words.tooLong > 0) notice(`${words.tooLong} words of more than 1,000 characters are left out`);
  if (words.counts.size === 0) throw dataError(settings.input.join(", "), "text", "no word");
  if (invalidSequences > 0)
    notice(`sequences of bytes that are not UTF-8 and became U+FFFD: ${invalidSequences}`);
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

  const { TextTokenizer } = await import("../../tokenizer/text-tokenizer.js");
  const tokenizer = TextTokenizer.fromVocab(pieces, { lowercase: !cased, specialTokens });
  await output.change("the tokenizer", { write: (staging) => tokenizer.write(staging) });
  return {
    pieces,
    words: sumOf(words.counts.values()),
    distinctWords: words.counts.size,
    droppedCharacters,
    invalidSequences,
  };
}
