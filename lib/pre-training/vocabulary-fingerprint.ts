import { vocabularyOf } from "../data/corpus/manifest.js";
import { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import type { Origin } from "./build-pretrainer.js";

/** Of a checkpoint's vocabulary, with which all corpora must be made. */
export async function vocabularyFingerprint(origin: Origin | null): Promise<string | undefined> {
  if (origin === null) return undefined;
  const tokenizer = await TextTokenizer.load(origin.directory, origin.config.family.textLayout);
  return vocabularyOf(tokenizer).fingerprint;
}
