import { threadFile } from "../../thread-file.js";
import { WordCounts } from "../../tokenizer/vocabulary/word-counts.js";
import type { TextFile } from "./input-files.js";
import { mapInThreads } from "./map-in-threads.js";
import { readTextBlocks, type TextBlock } from "./text-blocks.js";

export interface CountSettings {
  /** Keep case and accents. */
  cased: boolean;
  /** Name of the text in an object of a .jsonl file. */
  textField: string;
}

/** What a thread found in one block. */
export interface BlockWords {
  words: Map<string, number>;
  /** How often U+FFFD had to stand in for bytes that are not UTF-8. */
  invalidSequences: number;
}

/** The same of all files. */
export interface CorpusWords {
  words: WordCounts;
  invalidSequences: number;
}

/**
 * Counts the words of text files on all cores, as BERT splits them.
 *
 * @param options.onProgress is told how much of the files, as they are on disk, is done
 * @throws LibbertError ERR_DATA, naming file and line, or the signal's reason
 */
export async function countWords(
  files: readonly TextFile[],
  settings: CountSettings,
  options: { signal?: AbortSignal; onProgress?: (bytes: number) => void },
): Promise<CorpusWords> {
  const words = new WordCounts();
  let invalidSequences = 0;
  let current = files[0];
  let bytesBefore = 0; // of the files before the current one
  const blocks = mapInThreads<TextBlock, BlockWords>(
    threadFile("count-words-thread.js", import.meta.url),
    blocksOf(files),
    { settings, transfer: ({ bytes }) => [bytes.buffer], signal: options.signal },
  );
  for await (const { question, answer } of blocks) {
    words.add(answer.words);
    invalidSequences += answer.invalidSequences;
    if (question.file !== current) {
      bytesBefore += current!.bytes;
      current = question.file;
    }
    options.onProgress?.(bytesBefore + question.bytesRead);
  }
  return { words, invalidSequences };
}

async function* blocksOf(files: readonly TextFile[]): AsyncGenerator<TextBlock> {
  for (const file of files) yield* readTextBlocks(file);
}
