import { changedFiles } from "../checkpoint/files-beside.js";
import { initialiseNetwork, loadedNetwork } from "../checkpoint/load-network.js";
import { readConfig } from "../checkpoint/model-directory.js";
import { surplusLayers } from "../checkpoint/surplus-layers.js";
import { CheckpointWeights } from "../checkpoint/weights.js";
import type { CorpusVocabulary } from "../data/corpus/manifest.js";
import type { Objective } from "../data/pretraining/pretraining-epoch.js";
import { describe, LibbertError } from "../errors.js";
import { readSettled, versionOf } from "../files/settled-directory.js";
import { bert } from "../models/families/bert.js";
import { bertPreset, type ModelConfig } from "../models/model-config.js";
import { withoutInitialisation } from "../nn/init.js";
import type { Compute } from "../tensor/compute.js";
import { newModelOf } from "./complete-settings.js";
import type { PretrainSettings } from "./options.js";
import { networkOf, Pretrainer, pretrainingLayout } from "./pretrainer.js";

/** A checkpoint to go on from. */
export interface Origin {
  directory: string;
  config: ModelConfig;
  /** Of its files when the configuration was read: the others must be of the same model. */
  version: string;
}

/** @throws LibbertError for a directory that is not there, damaged, or holds a model of another family */
export async function openOrigin(directory: string): Promise<Origin> {
  const { config, version } = await readSettled(directory, async () => ({
    config: readConfig(directory),
    version: versionOf(directory),
  }));
  // The shards have BERT's frame, and only its checkpoints have a next-sentence head.
  if (config.family === bert) return { directory, config, version };
  const received = `${describe(directory)}, whose model_type is ${describe(config.family.modelType)}`;
  throw new LibbertError(
    "ERR_OPTION",
    `Expected a BERT checkpoint for continueFrom but received ${received}`,
    { option: "continueFrom" },
  );
}

/** A new model with random weights. */
export function newPretrainer(
  settings: PretrainSettings,
  vocabulary: CorpusVocabulary,
  compute: Compute,
): Pretrainer {
  const { objective, seed } = settings;
  const { size, dropout } = newModelOf(settings);
  const config = bertPreset(size, {
    vocab_size: vocabulary.size,
    pad_token_id: vocabulary.padId,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
  });
  const network = withoutInitialisation(() => networkOf(config, objective));
  initialiseNetwork(network, pretrainingLayout(config, objective), seed);
  return new Pretrainer({ network, config, objective, compute });
}

/**
 * A checkpoint's model. Without a next-sentence head, which masked words alone do not train, its objective is "mlm" instead of
 * "mlm+nsp"; a masked-word head that it lacks is new.
 *
 * @param notify is told of both, and of files that have changed since they were saved
 */
export function continuedPretrainer(
  { directory, config, version }: Origin,
  settings: Pick<PretrainSettings, "objective" | "seed">,
  compute: Compute,
  notify: (message: string) => void,
): Pretrainer {
  using weights = new CheckpointWeights(directory);
  const notices = [changedFiles(weights), surplusLayers(weights, config)];
  if (versionOf(directory) !== version) throw savedOver(directory);
  for (const notice of notices) if (notice !== undefined) notify(notice);
  const objective = trainableObjective(settings.objective, weights);
  const { encoder } = config;
  const loading = {
    ...pretrainingLayout(config, objective),
    ...({ encoder, newHead: "lacks", seed: settings.seed } as const),
  };
  const { network, initialised } = loadedNetwork(() => networkOf(config, objective), weights, loading);
  if (initialised.length > 0) notify(`the checkpoint lacks ${initialised.join(", ")}`);
  if (objective !== settings.objective)
    notify("the checkpoint has no next-sentence head: training goes on with masked words alone");
  return new Pretrainer({ network, config, objective, compute });
}

function savedOver(directory: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected one model for continueFrom but received ${describe(directory)}, in which another was saved while the run began: ` +
      "begin it again",
    { option: "continueFrom" },
  );
}

function trainableObjective(objective: Objective, weights: CheckpointWeights): Objective {
  const hasNextSentence = weights.names().includes("cls.seq_relationship.weight");
  return objective === "mlm+nsp" && !hasNextSentence ? "mlm" : objective;
}
