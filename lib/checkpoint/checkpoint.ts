import { LibbertError } from "../errors.js";
import { longestSequence } from "../models/encoder-config.js";
import type { ModelConfig } from "../models/model-config.js";
import { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import { readConfig } from "./model-directory.js";
import { readSentenceFiles } from "./sentence/files.js";
import type { SentenceFiles } from "./sentence/model.js";
import { type NewSentenceModel, newSentenceModel } from "./sentence/new-files.js";
import type { WeightFiles } from "./weight-files.js";

/** A model directory whose configuration and tokenizer fit together. */
export interface Checkpoint extends ModelConfig {
  directory: string;
  tokenizer: TextTokenizer;
  /** What the files of sentence-transformers say, where there are some. */
  sentences: SentenceFiles;
  /** Of its layers those that are meant, from 0. Default: all */
  layers?: readonly number[];
}

/**
 * @param files with the weights. Default: those that count in the directory
 * @throws LibbertError ERR_CHECKPOINT when a file is missing or damaged, or the vocabulary larger than the embedding
 */
export async function openCheckpoint(directory: string, files?: WeightFiles): Promise<Checkpoint> {
  const config = readConfig(directory, files);
  const { vocabSize, typeVocabSize } = config.encoder;
  const layout = { ...config.family.textLayout, tokenTypes: typeVocabSize };
  const tokenizer = await TextTokenizer.load(directory, layout);
  if (tokenizer.vocabSize > vocabSize) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${directory}: the tokenizer has ${tokenizer.vocabSize} pieces, but the model embeds only ${vocabSize}`,
    );
  }
  return { ...config, directory, tokenizer, sentences: readSentenceFiles(directory) };
}

/**
 * The checkpoint with files for sentence-transformers, where it is to get some.
 *
 * @throws LibbertError ERR_OPTION where it has some already
 */
export function withVectors(
  checkpoint: Checkpoint,
  newVectors: NewSentenceModel | undefined,
  maxSeqLength: number,
): Checkpoint {
  if (newVectors === undefined) return checkpoint;
  const { hiddenSize } = checkpoint.encoder;
  const sentences = newSentenceModel(checkpoint.sentences, newVectors, { hiddenSize, maxSeqLength });
  return { ...checkpoint, sentences };
}

/** The most tokens that a loaded model takes: what its tokenizer was saved with, or what it has positions for. */
export function longestInput({ encoder, tokenizer }: Checkpoint): number {
  return Math.min(tokenizer.modelMaxLength ?? Number.POSITIVE_INFINITY, longestSequence(encoder));
}
