import type { ModelCalibration } from "../calibration/model-calibration.js";
import type { CalibrationChoices } from "../calibration/options.js";
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import type { RowInput } from "../data/readers/rows.js";
import type { ProcessGroup } from "../distributed/group.js";
import type { Explained } from "../explanation/explanation.js";
import type { ExplainChoices } from "../explanation/options.js";
import type { FeatureExtractor } from "../features/extractor.js";
import type { RowsPer } from "../inference/packed-inference.js";
import type { HostBatch, OnDevice } from "../models/device-batch.js";
import type { EncoderOutputs } from "../models/encoder.js";
import type { EncoderInput } from "../models/encoder-input.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import type { ConfigJson, ModelConfig } from "../models/model-config.js";
import type { Network } from "../models/network.js";
import type { PackableSequence } from "../models/packing.js";
import type { Module } from "../nn/module.js";
import type { Compute } from "../tensor/compute.js";
import type { Tensor } from "../tensor/tensor.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import type { Counts, Totals } from "../train/totals.js";
import type { TaskSpec, TaskTypes } from "./spec.js";
import type { Teacher } from "./teacher.js";

/** Rows as a model trains on them: items, each of one or more sequences that belong into one batch. */
export interface Examples {
  /** Rows that were read. */
  rows: number;
  /** Tokens of each item; their number is the number of items. */
  lengths: Int32Array;
  /** The ids of all tokens, those around the texts among them. */
  tokens(): Iterable<Int32Array>;
  /** Tokens, and what is right for them, in the order of the items: what tells rows from others of the same lengths. */
  content(): Iterable<Int32Array | Uint8Array | Float64Array>;
  /** The class of each item, where it has one: for balanced sampling. */
  itemClasses?: readonly number[];
  /** The numbers of an item's texts, where no two items of one batch should have a text in common. */
  textsOf?(item: number): Int32Array;
  /** What happened to rows that a user should know of, such as `texts cut to 128 tokens: 12`. */
  notices: readonly string[];
}

/** The sequences of some items, and in typed arrays what their loss reads. */
export type TaskBatch = HostBatch;

/** What a model is, beside its weights: plain data, which `config.json` keeps. */
export interface HeadConfig {
  /** Label names in class order; empty where the task has none. */
  labels: readonly string[];
}

/** The types of one head's parts: what its task takes and gives, and its internal types. */
export interface HeadTypes extends TaskTypes {
  /** The task's own options of `fineTune()`, checked. */
  options: object;
  rows: Examples;
  batch: TaskBatch;
  config: HeadConfig;
  layers: Module;
}

/** What there is to make a run of. */
export interface Preparation<Options> {
  checkpoint: Checkpoint;
  /** Tokens of a sequence, special tokens included. */
  maxSeqLength: number;
  options: Options;
  /** Whether the head alone will learn. */
  isEncoderFrozen: boolean;
  /** Whether rows of one batch are to be of similar length. */
  isGroupedByLength: boolean;
  train: RowInput;
  validation?: RowInput;
  /** Take the first so many training rows. Default: all */
  limit?: number;
  /** Whose answers are learnt. Default: the rows alone say what is right */
  teacher?: Teacher;
  signal?: AbortSignal;
  notify(message: string): void;
}

/** Rows that are read and checked, and what they and the options say that the model is to be. */
export interface Prepared<Types extends HeadTypes = HeadTypes> {
  config: Types["config"];
  choices?: LossChoices;
  train: Types["rows"];
  validation?: Types["rows"];
}

/** How to read labelled rows. */
export interface ReadOptions {
  /** What errors call rows in memory. */
  name: string;
  /** Names of the columns, by what they hold. */
  columns?: Readonly<Record<string, string | undefined>>;
  /** Names of all columns of a table without a header line. */
  columnNames?: readonly string[];
  /** The run's other rows, for which columns may be named. Default: none */
  others?: readonly RowInput[];
  limit?: number;
  /** Is told what was guessed of the rows. Default: a warning of the process */
  notify?: (message: string) => void;
  signal?: AbortSignal;
}

/** Where a batch stands in the training: what its random choices depend on. */
export interface BatchContext {
  seed: number;
  epoch: number;
  /** The items' numbers in the order of all epochs: they key dropout. */
  numbers: readonly number[];
}

/** How the losses of a model are made. */
export interface LossChoices {
  labelSmoothing?: number;
  /** For each class. */
  classWeights?: readonly number[];
  /** Of a teacher's answers: their share in the loss, and what both models' logits are divided by. */
  teacherWeight?: number;
  teacherTemperature?: number;
}

/** How a model is trained, as far as its head needs to know. */
export interface TrainingChoices extends LossChoices {
  /** The head alone learns, on what the encoder gives without dropout. */
  isEncoderFrozen?: boolean;
}

/** What a head sees of the model that it is part of. */
export interface HeadModel<Types extends HeadTypes> {
  readonly config: Types["config"];
  readonly network: Network<Types["layers"]>;
  readonly tokenizer: TextTokenizer;
  readonly compute: Compute;
  /** Tokens of a sequence, special tokens included. */
  readonly maxSeqLength: number;
  readonly choices: TrainingChoices;
  readonly features: FeatureExtractor;
  /** What tells how far its predictions can be believed; null where nothing does. */
  readonly calibration: ModelCalibration | null;
  /** Whose ranks share the work of evaluation. */
  readonly group: ProcessGroup | undefined;
  /** The rows of `output` for some sequences; calls that overlap share batches where their options are the same. */
  infer(
    sequences: readonly PackableSequence[],
    signal?: AbortSignal,
    options?: object,
  ): Promise<Float32Array[]>;
}

/** A part of a row that has a class of its own, such as a word with its tag. */
export interface JudgedPart {
  /** Which of the row's parts it is, from 0. */
  part: number;
  /** The class that the row says it has. */
  label: number;
  /** Of each class. */
  probabilities: ArrayLike<number>;
}

/** How a head makes the rows of each epoch. */
export interface EpochMining<Types extends HeadTypes> {
  /**
   * Called before an epoch, on every rank, without dropout.
   *
   * @returns what `rows` takes, and a snapshot keeps
   */
  mine(
    model: HeadModel<Types>,
    rows: Types["rows"],
    context: MiningContext,
    signal?: AbortSignal,
  ): Promise<number[]>;
  /** The rows of an epoch: as many as those of the training, with what was mined. */
  rows(rows: Types["rows"], mined: readonly number[]): Types["rows"];
}

/** What mining depends on beside the weights. */
export interface MiningContext {
  seed: number;
  /** Counted from 0. */
  epoch: number;
  notify(message: string): void;
}

/** All of a task that needs LibTorch: rows to batches, batches to losses, outputs to figures and predictions. */
export interface TaskHead<Types extends HeadTypes = HeadTypes> {
  readonly spec: TaskSpec;
  /** Null for an encoder alone. */
  readonly kind: HeadKind | null;

  /** What trains a model instead, where an option asks for another method. Default: this head */
  trainer?(options: Types["options"]): TaskHead | undefined;
  /**
   * What a run trains instead of the checkpoint as it is. Default: that
   *
   * @throws ERR_OPTION for options that do not fit the checkpoint
   */
  base?(checkpoint: Checkpoint, maxSeqLength: number, options: Types["options"]): Checkpoint;
  /**
   * Reads the rows of a run.
   *
   * @throws ERR_DATA, naming the location; ERR_OPTION for options that do not fit the rows or the checkpoint
   */
  prepare(preparation: Preparation<Types["options"]>): Promise<Prepared<Types>>;
  /** What a saved model is. @throws ERR_CHECKPOINT when it is none of this task */
  stored(checkpoint: Checkpoint, maxSeqLength: number): Types["config"];
  /** The same as fields of `config.json`. */
  fields(config: Types["config"]): ConfigJson;
  /** The layers on top of an encoder, without values. */
  layers(model: ModelConfig, config: Types["config"]): Types["layers"];
  /** Called once for a network that is to be trained, as it was loaded: sets and freezes what the loss is not to teach. Default: nothing */
  begin?(network: Network<Types["layers"]>): void;
  /** Whether a checkpoint's layers are for the same, and training goes on with them instead of new ones. */
  continues(checkpoint: Checkpoint, config: Types["config"]): boolean;
  /** Names of the figures that can tell which model is best, the deciding one first. Default: all of the spec's */
  metrics?(config: Types["config"]): readonly string[];

  /** Labelled rows, for evaluation. @throws ERR_DATA, naming the location */
  read(model: HeadModel<Types>, source: RowInput, options: ReadOptions): Promise<Types["rows"]>;
  /** Some items as one micro-batch. */
  batch(
    model: HeadModel<Types>,
    rows: Types["rows"],
    items: readonly number[],
    context: BatchContext,
  ): Types["batch"];
  /** How many losses of each kind the batch counts. */
  counts(model: HeadModel<Types>, batch: Types["batch"]): Counts;
  /**
   * Called before the losses of an update's micro-batches, on every rank, also without any: for a loss that looks at all of its
   * rows. Default: nothing
   *
   * @param restartDropout makes the next forward pass drop what the next loss will
   */
  prepareUpdate?(
    model: HeadModel<Types>,
    batches: readonly Types["batch"][],
    restartDropout: () => void,
  ): void;
  /** The batch's share of the update's loss: each kind's sum divided by the update's total. Shape []. */
  loss(model: HeadModel<Types>, batch: OnDevice<Types["batch"]>, totals: Totals): Tensor;
  /**
   * A batch with as many tokens and predictions as many others have, whose loss is the same. Default: there is none, as its loss
   * is made in another way for each batch
   */
  rounded?(batch: Types["batch"]): Types["batch"];
  /**
   * Sets the layers that the loss does not reach, by what the encoder makes of the training rows: before each evaluation and at the end,
   * on every rank. Default: nothing
   */
  settle?(model: HeadModel<Types>, rows: Types["rows"], signal?: AbortSignal): Promise<void>;

  /** Adds to the rows of each epoch what the weights find that it begins with. Default: all epochs have the same rows */
  readonly mining?: EpochMining<Types>;

  /** What prediction and evaluation read: rows [rows, C], as many for each sequence as `rowsPer` says. */
  output(model: HeadModel<Types>, encoded: EncoderOutputs, input: EncoderInput, options: object): Tensor;
  /** What `output` has a row for. */
  rowsPer(model: HeadModel<Types>): RowsPer<object>;
  /** Metrics on labelled rows. */
  evaluate(model: HeadModel<Types>, rows: Types["rows"], signal?: AbortSignal): Promise<Types["evaluation"]>;
  /** Predictions for inputs, in their order. */
  predict(
    model: HeadModel<Types>,
    inputs: readonly Types["input"][],
    options: Types["predictOptions"],
    signal?: AbortSignal,
  ): Promise<Types["prediction"][]>;
  /** What it gives inputs, as another model learns it: logits, or log-probabilities. Only of tasks about whole texts */
  outputs?(
    model: HeadModel<Types>,
    inputs: readonly Types["input"][],
    signal?: AbortSignal,
  ): Promise<Float32Array[]>;
  /**
   * What labelled rows tell of how far the model's predictions can be believed. Default: nothing, for a task whose spec has no
   * `calibratedBy`
   *
   * @throws ERR_DATA where they are too few, or of such a kind that what is wanted cannot be had
   */
  calibrate?(
    model: HeadModel<Types>,
    rows: Types["rows"],
    choices: CalibrationChoices,
    signal?: AbortSignal,
  ): Promise<ModelCalibration>;
  /** What it says of the parts of labelled rows, row by row. Default: none, for a task whose rows have one answer */
  judge?(model: HeadModel<Types>, rows: Types["rows"], signal?: AbortSignal): Promise<JudgedPart[][]>;
  /**
   * An input as the model reads it, and which number it makes of it.
   *
   * @throws ERR_OPTION for what the model does not have; ERR_DATA for an input that is too long for it
   */
  explain(
    model: HeadModel<Types>,
    input: Types["input"],
    choices: ExplainChoices,
    signal?: AbortSignal,
  ): Promise<Explained>;
  /**
   * What a model takes over from the evaluation of the weights that it ends with, on the validation rows, such as a
   * threshold. Default: nothing
   */
  adopt?(config: Types["config"], evaluation: Types["evaluation"]): Types["config"];
}
