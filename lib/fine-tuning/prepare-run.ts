import { createHash } from "node:crypto";
import type { BudgetChoice } from "../budget/choice.js";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.js";
import { withLayers } from "../checkpoint/kept-layers.js";
import { loadNotices } from "../checkpoint/load-notices.js";
import { weightHashes } from "../checkpoint/weight-hashes.js";
import { CheckpointWeights } from "../checkpoint/weights.js";
import { chooseComputeOf, factsOfCompute } from "../distributed/ranks.js";
import { expected } from "../errors.js";
import { readSettled } from "../files/settled-directory.js";
import { type EncoderConfig, longestSequence } from "../models/encoder-config.js";
import { type TrainableModel, trainableModel } from "../tasks/build-model.js";
import type { Examples, Prepared, TaskHead } from "../tasks/head.js";
import { headOf } from "../tasks/heads.js";
import { metricsOf } from "../tasks/metrics-of.js";
import type { Compute } from "../tensor/compute.js";
import { microBatchSizeOf } from "./micro-batch-size.js";
import { newHeadNotice } from "./new-head.js";
import {
  type FineTuneSettings,
  lengthOfTexts,
  ownOptions,
  type RunSettings,
  withDefaults,
} from "./options.js";
import { rowNotices } from "./row-notices.js";
import { type FineTuneContext, isLeader, type RunStore } from "./run-context.js";
import { originOf, type RunOrigin } from "./run-origin.js";
import { storedChoice } from "./stored-settings.js";
import { openTeacher } from "./teacher.js";

/** All that is known before the first update. */
export interface PreparedRun extends Disposable {
  head: TaskHead;
  checkpoint: Checkpoint;
  /** The checkpoint's: open until the run is over, as another model may be saved in its directory meanwhile. */
  weights: CheckpointWeights;
  compute: Compute;
  settings: RunSettings;
  /** What its settings were chosen by; null where that was no budget. */
  budget: BudgetChoice | null;
  /** What is read of them, the checkpoint and the machine. */
  maxSeqLength: number;
  microBatchSize: number;
  rows: Prepared;
  /** Of the files with the weights, by name; null where nothing is saved that would tell of them. */
  hashes: Record<string, string> | null;
  /** The same of the teacher's files; null without one. */
  teacherHashes: Record<string, string> | null;
  /** Null where nothing is saved that would tell of it. */
  origin: RunOrigin | null;
  /** Null where nothing is kept to go on from. */
  store: RunStore | null;
  started: Date;
}

/** A checkpoint and its weights, of one model. */
interface Source extends Pick<PreparedRun, "checkpoint" | "weights" | "hashes"> {
  /** Such as which files are not as they were saved with the weights. */
  notices: readonly string[];
}

/**
 * Reads the checkpoint and the rows, and checks that they and the options fit together. The caller disposes the run.
 *
 * @param store where it keeps what it needs to go on; default: nowhere
 */
export async function prepareRun(
  settings: FineTuneSettings,
  context: FineTuneContext,
  store: RunStore | null = null,
): Promise<PreparedRun> {
  const compute = chooseComputeOf(context.group, settings);
  const source = await readSettled(
    settings.model,
    () => openSource(settings.model, store !== null),
    ({ weights }) => weights[Symbol.dispose](),
  );
  try {
    return await prepareWith(source, compute, settings, store, context);
  } catch (error) {
    source.weights[Symbol.dispose]();
    throw error;
  }
}

async function openSource(directory: string, isKept: boolean): Promise<Source> {
  const checkpoint = await openCheckpoint(directory);
  const weights = new CheckpointWeights(directory);
  try {
    const hashes = isKept ? await weightHashes(directory) : null;
    return { checkpoint, weights, hashes, notices: loadNotices(checkpoint, weights) };
  } catch (error) {
    weights[Symbol.dispose]();
    throw error;
  }
}

async function prepareWith(
  { checkpoint: opened, weights, hashes, notices }: Source,
  compute: Compute,
  given: FineTuneSettings,
  store: RunStore | null,
  context: FineTuneContext,
): Promise<PreparedRun> {
  const { group, signal } = context;
  const settings = withDefaults(given);
  const started = new Date();
  const head = await trainerOf(settings);
  const shortened = settings.layers === undefined ? opened : withLayers(opened, settings.layers);
  checkLayerRates(settings, shortened.encoder);
  const maxSeqLength = maxSeqLengthOf(settings, shortened.encoder);
  const options = ownOptions(head.spec, settings);
  const checkpoint = head.base?.(shortened, maxSeqLength, options) ?? shortened;
  const isTold = settings.outputDir !== undefined && isLeader(context);
  const teacherHashes = settings.teacher === undefined ? null : await weightHashes(settings.teacher);
  const origin = isTold ? await originOf(settings, hashes!, teacherHashes) : null;
  const notify = (message: string) => context.emit({ type: "notice", message });
  notices.forEach(notify);
  const rows = await readRows(head, { checkpoint, maxSeqLength, compute, settings, notify }, signal);
  newHeadNotice(head, settings.task, checkpoint, rows.config).forEach(notify);
  await group?.compare("rows", {
    ...factsOfCompute(compute),
    ...rows.config,
    ...rows.choices,
    maxSeqLength,
    layers: checkpoint.layers,
    teacher: teacherHashes && Object.values(teacherHashes),
    metric: settings.metric ?? metricsOf(head, rows.config)[0],
    "training rows": fingerprintOf(rows.train),
    "validation rows": rows.validation && fingerprintOf(rows.validation),
  });
  signal?.throwIfAborted();
  const microBatchSize = microBatchSizeOf(settings, rows.train, checkpoint.encoder, compute, notify);
  return {
    ...{ head, checkpoint, weights, hashes, compute, settings, maxSeqLength, microBatchSize, rows },
    ...{ teacherHashes, origin, store, started },
    budget: storedChoice(settings),
    [Symbol.dispose]: () => weights[Symbol.dispose](),
  };
}

/** The task's head, or what another method has in its place. */
async function trainerOf(settings: FineTuneSettings): Promise<TaskHead> {
  const head = await headOf(settings.task);
  return head.trainer?.(ownOptions(head.spec, settings)) ?? head;
}

/** What rows are read for. */
interface Reading extends Pick<PreparedRun, "checkpoint" | "maxSeqLength" | "compute" | "settings"> {
  notify(message: string): void;
}

/** The rows of a run, with the answers of its teacher, where there is one. */
async function readRows(
  head: TaskHead,
  { checkpoint, maxSeqLength, compute, settings, notify }: Reading,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const { task, teacher: directory, train, validation, limit } = settings;
  using teacher = directory === undefined ? null : await openTeacher(directory, task, compute);
  const rows = await head.prepare({
    checkpoint,
    maxSeqLength,
    options: ownOptions(head.spec, settings),
    isEncoderFrozen: settings.encoder === "frozen",
    isGroupedByLength: settings.groupByLength,
    ...{ train, validation, limit, signal, notify },
    ...(teacher && { teacher }),
  });
  for (const message of [...rows.train.notices, ...rowNotices(rows.train, checkpoint.tokenizer)])
    notify(`train: ${message}`);
  for (const message of [...(rows.validation?.notices ?? []), ...sameRowsNotice(rows)])
    notify(`validation: ${message}`);
  return rows;
}

/** A sentence where a model is measured by the very rows that it learns. */
function sameRowsNotice({ train, validation }: Prepared): string[] {
  const areSame = validation?.rows === train.rows && fingerprintOf(train) === fingerprintOf(validation);
  return areSame
    ? ["the rows are those of train: figures say how well they are remembered, and nothing of other rows"]
    : [];
}

/** A new model, set up to be trained. The caller disposes it. */
export function createTrainable(
  { head, checkpoint, weights, compute, settings, maxSeqLength, rows }: PreparedRun,
  seed: number,
): TrainableModel {
  const { layerDecay, freezeLayers, encoder } = settings;
  const isFrozen = encoder === "frozen";
  const rates = { layerDecay, freezeLayers: isFrozen ? checkpoint.encoder.numHiddenLayers : freezeLayers };
  const choices = { isEncoderFrozen: isFrozen, ...rows.choices };
  return trainableModel(head, checkpoint, rows.config, {
    compute,
    maxSeqLength,
    seed,
    rates,
    choices,
    weights,
  });
}

function maxSeqLengthOf(settings: FineTuneSettings, encoder: EncoderConfig): number {
  const longest = longestSequence(encoder);
  const maxSeqLength = lengthOfTexts(settings, longest);
  if (maxSeqLength <= longest) return maxSeqLength;
  throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
}

function checkLayerRates(
  { freezeLayers: layers, layerDecay, encoder }: FineTuneSettings,
  { numHiddenLayers: all }: EncoderConfig,
): void {
  const what = 'no value beside encoder "frozen", which trains no layer (leave one of them out),';
  if (encoder === "frozen" && layers !== undefined) throw expected(what, "freezeLayers", layers);
  if (encoder === "frozen" && layerDecay !== undefined && layerDecay !== 1)
    throw expected(what, "layerDecay", layerDecay);
  if (layers !== undefined && layers > all)
    throw expected(`at most ${all}, the model's layers,`, "freezeLayers", layers);
  if (layers === all && layerDecay !== undefined && layerDecay !== 1)
    throw expected(
      `no value, as freezeLayers leaves all ${all} layers as they are,`,
      "layerDecay",
      layerDecay,
    );
}

/** What tells rows from others, which ranks, or a run to resume, might have. */
export function fingerprintOf({ rows, lengths, content }: Examples): string {
  const hash = createHash("sha256").update(lengths);
  for (const part of content()) hash.update(part);
  return `${rows} rows, ${lengths.length} items, sha256 ${hash.digest("hex").slice(0, 16)}`;
}

/** The same rows with other settings of its updates. */
export function withSettings(
  run: PreparedRun,
  settings: RunSettings,
  { emit }: FineTuneContext,
): PreparedRun {
  if (settings.batchSize === run.settings.batchSize) return { ...run, settings };
  const { rows, checkpoint, compute } = run;
  const notify = (message: string) => emit({ type: "notice", message });
  const microBatchSize = microBatchSizeOf(settings, rows.train, checkpoint.encoder, compute, notify);
  return { ...run, settings, microBatchSize };
}
