import { mkdirSync, readFileSync } from "node:fs";
import { initialiseNetwork } from "../lib/checkpoint/load-network.js";
import { writeModel } from "../lib/checkpoint/model-directory.js";
import { networkTensors } from "../lib/checkpoint/tensors-to-store.js";
import type { EncoderConfig } from "../lib/models/encoder-config.js";
import { type BertSize, bertPreset } from "../lib/models/model-config.js";
import { withoutInitialisation } from "../lib/nn/init.js";
import { networkOf, pretrainingLayout } from "../lib/pre-training/pretrainer.js";
import { scope } from "../lib/tensor/scope.js";
import { TextTokenizer } from "../lib/tokenizer/text-tokenizer.js";

/** Writes a new model of a published size, for both sides to start from: weights, configuration, tokenizer. */
export async function writeRandomCheckpoint(
  directory: string,
  { size, vocabulary, dropout }: { size: BertSize; vocabulary: string; dropout: number },
): Promise<EncoderConfig> {
  mkdirSync(directory, { recursive: true });
  const pieces = readFileSync(vocabulary, "utf8").trimEnd().split("\n");
  const config = bertPreset(size, {
    vocab_size: pieces.length,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    architectures: ["BertForPreTraining"],
  });
  const layout = pretrainingLayout(config, "mlm+nsp");
  const network = withoutInitialisation(() => networkOf(config, "mlm+nsp"));
  initialiseNetwork(network, layout, 1);
  scope(() => writeModel(directory, config.json, networkTensors(network, layout)));
  network.dispose();
  await TextTokenizer.fromVocab(pieces).save(directory);
  return config.encoder;
}
