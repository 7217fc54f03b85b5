import { classWeightsOf } from "../../data/class-weights.js";
import { expected } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import { openCheckpoint } from "../checkpoint.js";
import { chooseComputeOf } from "../ranks.js";
import { type SizedSettings, withMicroBatchSize } from "./micro-batch-size.js";
import type { FineTuneSettings } from "./options.js";
import type { PreparedTask, RunContext, Task } from "./task.js";
import type { TaskModel, TrainingChoices } from "./task-model.js";
import { TASKS } from "./tasks.js";

/** Rows that are read, and settings that fit them, the checkpoint and the machine. */
export interface PreparedRun {
  prepared: PreparedTask;
  settings: SizedSettings;
}

/** All that comes before the first update. */
export async function prepareRun(options: FineTuneSettings, context: RunContext): Promise<PreparedRun> {
  const { group } = context;
  const compute = chooseComputeOf(group, options.device, options.dtype);
  const checkpoint = await openCheckpoint(options.model);
  const task = TASKS[options.task];
  checkFreezeLayers(options.freezeLayers, checkpoint.config);
  const settings = { ...options, maxSeqLength: maxSeqLengthOf(options, task, checkpoint.config) };

  const prepared = await task.prepare(checkpoint, settings, compute, context);
  announceNotices(prepared, context);
  const { rows, lengths } = prepared.train;
  await group?.compare("rows", {
    dtype: compute.dtype,
    "training rows": rows,
    "training items": lengths.length,
  });
  context.signal?.throwIfAborted();
  return {
    prepared,
    settings: withMicroBatchSize(settings, prepared, checkpoint.config, compute, context),
  };
}

/** A new model, set up to be trained. The caller disposes it. */
export function createTrainable(prepared: PreparedTask, settings: SizedSettings): TaskModel {
  const model = prepared.createModel(settings.seed);
  try {
    model.prepareTraining(trainingChoices(model, prepared, settings));
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function trainingChoices(
  { labels }: TaskModel,
  { train }: PreparedTask,
  { classWeights, ...settings }: SizedSettings,
): TrainingChoices {
  if (classWeights === undefined) return settings;
  return { ...settings, classWeights: classWeightsOf(classWeights, labels, train.classCounts!) };
}

function maxSeqLengthOf(
  { maxSeqLength }: FineTuneSettings,
  { defaultMaxSeqLength }: Task,
  { max_position_embeddings: longest }: BertConfig,
): number {
  if (maxSeqLength === undefined) return Math.min(defaultMaxSeqLength, longest);
  if (maxSeqLength <= longest) return maxSeqLength;
  throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
}

function checkFreezeLayers(layers: number | undefined, { num_hidden_layers: all }: BertConfig): void {
  if (layers === undefined || layers <= all) return;
  throw expected(`at most ${all}, the model's layers,`, "freezeLayers", layers);
}

function announceNotices({ train, validation }: PreparedTask, { emit }: RunContext): void {
  for (const message of train.notices) emit({ type: "notice", message: `train: ${message}` });
  for (const message of validation?.notices ?? [])
    emit({ type: "notice", message: `validation: ${message}` });
}
