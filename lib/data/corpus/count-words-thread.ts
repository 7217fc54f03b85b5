/** A thread that counts the words of blocks; see count-words.ts. */
import { workerData } from "node:worker_threads";
import { WordSplitter } from "../../tokenizer/vocabulary/words.js";
import { textsOf } from "./block-texts.js";
import type { BlockWords, CountSettings } from "./count-words.js";
import { answerQuestions } from "./map-in-threads.js";
import type { TextBlock } from "./text-blocks.js";

const { cased, textField } = workerData as CountSettings;
const splitter = new WordSplitter(cased);

answerQuestions((block: TextBlock): BlockWords => {
  const { texts, invalidSequences } = textsOf(block, textField);
  return { words: splitter.count(texts), invalidSequences };
});
