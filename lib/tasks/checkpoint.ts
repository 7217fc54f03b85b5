import { join } from "node:path";
import { readConfig } from "../checkpoint/model-directory.js";
import { LibbertError } from "../errors.js";
import type { BertConfig } from "../models/bert-config.js";
import { BertTokenizer } from "../tokenizer/bert-tokenizer.js";

/** A model directory whose configuration and tokenizer fit together. */
export interface Checkpoint {
  directory: string;
  config: BertConfig;
  tokenizer: BertTokenizer;
}

/** @throws ERR_CHECKPOINT when a file is missing or damaged, or the vocabulary larger than the embedding */
export async function openCheckpoint(directory: string): Promise<Checkpoint> {
  const config = readConfig(directory);
  const tokenizer = await BertTokenizer.load(directory);
  if (tokenizer.vocabSize > config.vocab_size) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${directory}: the tokenizer has ${tokenizer.vocabSize} pieces, but the model embeds only ${config.vocab_size}`,
    );
  }
  return { directory, config, tokenizer };
}

/** The class of transformers that a model was saved from, where its files say so. */
export function architectureOf(config: BertConfig): string | undefined {
  const { architectures } = config as { architectures?: string[] };
  return architectures?.[0];
}

/** What transformers leaves out of `config.json`, because they are its default. */
const DEFAULT_LABELS = { 0: "LABEL_0", 1: "LABEL_1" };

/** The names of `id2label` in class order; none where the model has no labels. */
export function storedLabels(config: BertConfig): string[] {
  const isClassifier = architectureOf(config) === "BertForSequenceClassification";
  return Object.entries(config.id2label ?? (isClassifier ? DEFAULT_LABELS : {}))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, name]) => name);
}

/** Labels as `config.json` has them. */
export function labelFields(labels: readonly string[]): Partial<BertConfig> {
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}

/** The most tokens that a loaded model takes: what its tokenizer was saved with, or what it has positions for. */
export function longestInput({ config, tokenizer }: Checkpoint): number {
  return Math.min(tokenizer.modelMaxLength ?? Number.POSITIVE_INFINITY, config.max_position_embeddings);
}

/** The error for a checkpoint without the labels that a fine-tuned one has. */
export function notFineTuned({ directory }: Checkpoint): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected the labels of a classifier (id2label) in ${join(directory, "config.json")}: this model was not fine-tuned`,
  );
}
