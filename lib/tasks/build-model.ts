import type { ModelCalibration } from "../calibration/model-calibration.js";
import { type Checkpoint, longestInput } from "../checkpoint/checkpoint.js";
import { familyOfLayers } from "../checkpoint/kept-layers.js";
import { loadedNetwork, type NetworkLayout } from "../checkpoint/load-network.js";
import { loadedWeights, trainedWeights } from "../checkpoint/model-weights.js";
import { nonFiniteTensors } from "../checkpoint/non-finite.js";
import { CheckpointWeights } from "../checkpoint/weights.js";
import { LibbertError } from "../errors.js";
import { Network, packForPrediction } from "../models/network.js";
import { FlatParameters } from "../optim/flat-parameters.js";
import { type LayerRates, learningRateScale } from "../optim/learning-rate-scale.js";
import { parseFields } from "../options/parse-fields.js";
import type { Compute } from "../tensor/compute.js";
import type { HeadConfig, TaskHead, TrainingChoices } from "./head.js";
import { TaskModel } from "./task-model.js";

/** A model, and the parameters that an optimizer updates. */
export interface TrainableModel {
  model: TaskModel;
  parameters: FlatParameters;
}

export interface TrainableOptions {
  compute: Compute;
  maxSeqLength: number;
  /** Source of the first values of what is new. */
  seed: number;
  rates: Omit<LayerRates, "numLayers">;
  choices: TrainingChoices;
  /** Default: opened in the checkpoint's directory, for as long as they are read */
  weights?: CheckpointWeights;
}

/**
 * A checkpoint's encoder with the layers of a task on top: the checkpoint's own, where they are for the same, else new ones. The
 * caller disposes the model.
 *
 * @throws ERR_CHECKPOINT when a weight is missing or does not fit
 */
export function trainableModel(
  head: TaskHead,
  checkpoint: Checkpoint,
  config: HeadConfig,
  { compute, maxSeqLength, seed, rates, choices, weights: given }: TrainableOptions,
): TrainableModel {
  const layout = layoutOf(head, checkpoint);
  const { encoder, directory } = checkpoint;
  const newHead = head.continues(checkpoint, config) ? "lacks" : "all";
  using opened = given ? null : new CheckpointWeights(directory);
  const stored = given ?? opened!;
  const make = () => networkOf(head, checkpoint, config);
  const family = familyOfLayers(layout.family, checkpoint.layers);
  const { network } = loadedNetwork(make, stored, { ...layout, family, encoder, newHead, seed });
  checkFinite(network, layout, directory);
  head.begin?.(network);
  const allRates = { numLayers: checkpoint.encoder.numHiddenLayers, ...rates };
  const parameters = new FlatParameters(network.namedParameters(), {
    ...compute,
    learningRateScale: (name) => learningRateScale(network.depthOf(name), allRates),
  });
  const weights = trainedWeights(network, layout, parameters);
  const model = new TaskModel({ head, config, network, checkpoint, weights, compute, maxSeqLength, choices });
  return { model, parameters };
}

/**
 * A model that libbert or transformers saved, to predict with: its weights are in memory once, in the type that it computes in.
 *
 * @throws ERR_CHECKPOINT when a weight is missing or does not fit
 */
export function savedModel(
  head: TaskHead,
  checkpoint: Checkpoint,
  compute: Compute,
  calibration: ModelCalibration | null = null,
): TaskModel {
  const maxSeqLength = longestInput(checkpoint);
  const layout = layoutOf(head, checkpoint);
  const { encoder } = checkpoint;
  const config = head.stored(checkpoint, maxSeqLength);
  const stored = new CheckpointWeights(checkpoint.directory);
  try {
    const make = () => networkOf(head, checkpoint, config);
    const { network } = loadedNetwork(make, stored, { ...layout, encoder }, compute);
    const weights = loadedWeights(network, layout, stored);
    if (compute.int8) {
      const keepsWordEmbeddings = layout.head === "masked-lm";
      packForPrediction(network, { int8: true, keepsWordEmbeddings });
    }
    const parts = { head, config, network, checkpoint, weights, compute, maxSeqLength, calibration };
    return new TaskModel(parts);
  } catch (error) {
    stored[Symbol.dispose]();
    throw error;
  }
}

function networkOf(head: TaskHead, checkpoint: Checkpoint, config: HeadConfig): Network {
  const layers = head.layers(checkpoint, config);
  return new Network(checkpoint.family.createEncoder(checkpoint.encoder), layers);
}

/** What is learnt on from such a number is none: the learning rate would get the blame. */
function checkFinite(network: Network, layout: NetworkLayout, directory: string): void {
  const [name] = nonFiniteTensors(network, layout);
  if (name === undefined) return;
  network.dispose();
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected finite numbers in the weights of ${directory} but ${name} holds others`,
  );
}

/** @throws ERR_CHECKPOINT for a family without such a head, or a configuration that asks for another form of it */
function layoutOf({ kind, spec }: TaskHead, { family, directory, json, source }: Checkpoint) {
  if (kind === null) return { family, head: null };
  const layout = family.heads[kind];
  if (layout?.fields) parseFields(layout.fields, json, source);
  if (layout) return { family, head: kind };
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${directory}: ${family.modelType} has no class for ${spec.name} in transformers`,
  );
}
