import { LibbertError } from "../../errors.js";
import type { SentenceFiles } from "./model.js";
import { readSettings } from "./settings.js";
import { withTextLength } from "./text-length.js";

/**
 * What the files of a model say that is trained as a cross-encoder: those of a model of vectors go, as they are about other numbers; those
 * of a cross-encoder stay, with the length that it is trained for.
 */
export function withCrossEncoderFiles(sentences: SentenceFiles, maxSeqLength: number): SentenceFiles {
  if (!sentences.isCrossEncoder) {
    if (sentences.model === null && sentences.scores instanceof LibbertError) return sentences;
    const silent = { model: null, maxSeqLength: undefined, lowercase: false, files: new Map() };
    return { ...readSettings("", false), ...silent };
  }
  return withTextLength(sentences, maxSeqLength);
}
