import { SENTENCE_TEXT_FILES } from "../../files/model-files.js";
import type { SentenceFiles } from "./model.js";

/** The same files with another length of texts; as they are where none of them says one. */
export function withTextLength(sentences: SentenceFiles, maxSeqLength: number): SentenceFiles {
  const [name] = SENTENCE_TEXT_FILES;
  const texts = sentences.files.get(name!);
  if (texts === undefined || sentences.maxSeqLength === undefined) return sentences;
  const json = { ...JSON.parse(Buffer.from(texts).toString()), max_seq_length: maxSeqLength };
  const written = Buffer.from(`${JSON.stringify(json, null, 2)}\n`);
  return { ...sentences, maxSeqLength, files: new Map([...sentences.files, [name!, written]]) };
}
