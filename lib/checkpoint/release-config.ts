import { join } from "node:path";
import { readModelJson } from "../files/regular-file.js";
import { isObject } from "../is-object.js";
import { bert } from "../models/families/bert.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import type { ConfigJson } from "../models/model-config.js";
import type { WeightFiles } from "./weight-files.js";
import { CheckpointWeights } from "./weights.js";

/** What BERT's own code, and the first libraries that took it over, call the configuration. */
export const RELEASE_CONFIG = "bert_config.json";

/** Which head a checkpoint has, by the beginning of a name that no other head has; the first that is there counts. */
const HEADS: readonly (readonly [beginning: string, HeadKind])[] = [
  ["classifier.", "sequence-classification"],
  ["qa_outputs.", "question-answering"],
  ["cls.seq_relationship.", "pretraining"],
  ["cls.predictions.", "masked-lm"],
];

/**
 * The `config.json` that a model has in transformers which was saved with a `bert_config.json`: the head, which that file does not
 * name, is told by the weights.
 *
 * @returns undefined without such a file
 * @throws LibbertError ERR_CHECKPOINT for weights that are missing or damaged
 */
export function releaseConfig(directory: string, files?: WeightFiles): ConfigJson | undefined {
  const json = readModelJson(join(directory, RELEASE_CONFIG));
  if (!isObject(json)) return json as undefined; // whoever reads it says what is wrong
  using weights = new CheckpointWeights(directory, files);
  const names = weights.names();
  const [, kind] = HEADS.find(([beginning]) => names.some((name) => name.startsWith(beginning))) ?? [];
  const architecture = kind === undefined ? bert.encoderArchitecture : bert.heads[kind]!.architecture;
  const labels = kind === "sequence-classification" && {
    num_labels: weights.describe("classifier.weight").shape[0],
  };
  return { ...json, model_type: bert.modelType, architectures: [architecture], ...labels };
}
