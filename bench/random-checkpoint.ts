import { mkdirSync, readFileSync } from "node:fs";
import { writeModel } from "../lib/checkpoint/model-directory.js";
import { type BertConfig, type BertSize, bertPreset } from "../lib/models/bert-config.js";
import { BertForPreTraining } from "../lib/models/pretraining.js";
import { manualSeed } from "../lib/tensor/random.js";
import { scope } from "../lib/tensor/scope.js";
import { BertTokenizer } from "../lib/tokenizer/bert-tokenizer.js";

/** Writes a new model of a published size, for both sides to start from: weights, configuration, tokenizer. */
export async function writeRandomCheckpoint(
  directory: string,
  { size, vocabulary, dropout }: { size: BertSize; vocabulary: string; dropout: number },
): Promise<BertConfig> {
  mkdirSync(directory, { recursive: true });
  const pieces = readFileSync(vocabulary, "utf8").trimEnd().split("\n");
  const config = bertPreset(size, {
    vocab_size: pieces.length,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
  });
  manualSeed(1);
  scope(() => writeModel(directory, new BertForPreTraining(config), config, "BertForPreTraining"));
  await BertTokenizer.fromVocab(pieces).save(directory);
  return config;
}
