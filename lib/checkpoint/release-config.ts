import { join } from "node:path";
import { readModelJson } from "../files/regular-file.js";
import { isObject } from "../is-object.js";
import { bert } from "../models/families/bert.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import type { WeightFiles } from "./weight-files.js";
import { CheckpointWeights } from "./weights.js";

/** What BERT's own code, and the first libraries that took it over, call the configuration. */
export const RELEASE_CONFIG = "bert_config.json";

/** Of a head over whole texts: it has as many rows as labels. */
const CLASSIFIER = "classifier.weight";
/** Which head a checkpoint has, by a tensor that no other head has; the first that is there counts. */
const HEADS: readonly (readonly [tensor: string, HeadKind])[] = [
  [CLASSIFIER, "sequence-classification"],
  ["qa_outputs.weight", "question-answering"],
  ["cls.seq_relationship.weight", "pretraining"],
  ["cls.predictions.bias", "masked-lm"],
];

/**
 * The `config.json` that a model has in transformers which was saved with a `bert_config.json`: the head, which that file does not
 * name, is told by the weights.
 *
 * @returns undefined without such a file; of other JSON than an object, that
 * @throws LibbertError ERR_CHECKPOINT for weights that are missing or damaged
 */
export function releaseConfig(directory: string, files?: WeightFiles): unknown {
  const json = readModelJson(join(directory, RELEASE_CONFIG));
  if (!isObject(json)) return json; // whoever parses it says what is wrong
  using weights = new CheckpointWeights(directory, files);
  const names = new Set(weights.names());
  const [, kind] = HEADS.find(([tensor]) => names.has(tensor)) ?? [];
  const architecture = kind === undefined ? bert.encoderArchitecture : bert.heads[kind]!.architecture;
  const labels = names.has(CLASSIFIER) && { num_labels: weights.describe(CLASSIFIER).shape[0] };
  return { ...json, model_type: bert.modelType, architectures: [architecture], ...labels };
}
