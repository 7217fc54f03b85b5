import { isDeepStrictEqual } from "node:util";
import { loadWeights } from "../../checkpoint/load-weights.js";
import type { BertConfig } from "../../models/bert-config.js";
import { BertForSequenceClassification } from "../../models/sequence-classification.js";
import { withoutInitialisation } from "../../nn/init.js";
import { manualSeed } from "../../tensor/random.js";
import { type Checkpoint, storedLabels } from "../checkpoint.js";

/** What the outputs of a `BertForSequenceClassification` mean, in transformers' words. */
export type ProblemType = NonNullable<BertConfig["problem_type"]>;

/** What a checkpoint's outputs mean: as it says, or as transformers guesses. */
export function problemTypeOf(config: BertConfig): ProblemType {
  if (config.problem_type) return config.problem_type;
  return storedLabels(config).length === 1 ? "regression" : "single_label_classification";
}

/**
 * A pre-trained encoder with a new layer of one output for each label; a checkpoint of the same kind with the same
 * labels keeps its own layer.
 *
 * @param seed gives the new layer's first weights
 */
export function newNetwork(
  { directory, config }: Checkpoint,
  problemType: ProblemType,
  labels: readonly string[],
  seed: number,
): BertForSequenceClassification {
  manualSeed(seed);
  const network = new BertForSequenceClassification(config, labels.length);
  const sameTask = problemTypeOf(config) === problemType && isDeepStrictEqual(storedLabels(config), labels);
  loadWeights(sameTask ? network : network.bert, directory, {
    mayLack: ["bert.pooler.", "pooler.", "classifier."],
    mayIgnore: ["cls.", "classifier.", "qa_outputs."],
  });
  return network;
}

/** The network of a fine-tuned checkpoint. @throws ERR_CHECKPOINT when a weight is missing or does not fit */
export function storedNetwork(
  { directory, config }: Checkpoint,
  outputs: number,
): BertForSequenceClassification {
  const network = withoutInitialisation(() => new BertForSequenceClassification(config, outputs));
  loadWeights(network, directory);
  return network;
}
