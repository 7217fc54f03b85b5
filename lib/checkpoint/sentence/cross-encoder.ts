import { SENTENCE_TEXT_FILES } from "../../files/model-files.js";
import type { SentenceFiles } from "./model.js";
import { readSettings } from "./settings.js";

/**
 * What the files of a model say that is trained as a cross-encoder: those of a model of vectors go, as they are about other numbers; those
 * of a cross-encoder stay, with the length that it is trained for.
 */
export function withCrossEncoderFiles(sentences: SentenceFiles, maxSeqLength: number): SentenceFiles {
  if (!sentences.isCrossEncoder) {
    const silent = { model: null, maxSeqLength: undefined, lowercase: false, files: new Map() };
    return { ...readSettings("", false), ...silent };
  }
  const [name] = SENTENCE_TEXT_FILES;
  const texts = sentences.files.get(name!);
  if (texts === undefined || sentences.maxSeqLength === undefined) return sentences;
  const json = { ...JSON.parse(Buffer.from(texts).toString()), max_seq_length: maxSeqLength };
  const written = Buffer.from(`${JSON.stringify(json, null, 2)}\n`);
  return { ...sentences, maxSeqLength, files: new Map([...sentences.files, [name!, written]]) };
}
