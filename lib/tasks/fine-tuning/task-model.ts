import type { PackableSequence, PackedBatch } from "../../data/packing.js";
import type { RowSource } from "../../data/readers/rows.js";
import type { ProcessGroup } from "../../distributed/group.js";
import type { BertInput } from "../../models/bert-input.js";
import type { BertModel } from "../../models/bert-model.js";
import { crossEntropy } from "../../nn/functional.js";
import type { Module } from "../../nn/module.js";
import { learningRateScale } from "../../optim/learning-rate-scale.js";
import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/train.js";
import { LoadedModel, type ModelParts } from "./loaded-model.js";
import { PackedInference, type RowsPer } from "./packed-inference.js";
import type { Evaluation } from "./progress.js";
import { inferTogether } from "./shared-inference.js";

export type { ModelParts } from "./loaded-model.js";

/** Rows as a model trains on them: items, each of one or more sequences that belong into one batch. */
export interface Examples {
  /** Rows that were read. */
  rows: number;
  /** Tokens of each item; their number is the number of items. */
  lengths: Int32Array;
  /** The class of each item, where it has one: for balanced sampling. */
  itemClasses?: readonly number[];
  /** How many losses there are of each class, where the task has classes: for balanced class weights. */
  classCounts?: readonly number[];
  /** What happened to rows that a user should know of, such as `texts cut to 128 tokens: 12`. */
  notices: readonly string[];
}

/** How to read labelled rows. */
export interface ReadOptions {
  /** What errors call rows in memory. */
  name: string;
  /** Names of the columns, by what they hold. */
  columns?: Readonly<Record<string, string | undefined>>;
  limit?: number;
  signal?: AbortSignal;
}

/** Where a batch stands in the training: what its random choices depend on, beside the seed. */
export interface BatchPlace {
  epoch: number;
  /** The items' numbers in the order of all epochs: they key dropout. */
  numbers: readonly number[];
}

/** How a model is to be trained, as far as it is the model's affair. */
export interface TrainingChoices {
  layerDecay?: number;
  freezeLayers?: number;
  /** Only what is above the encoder's layers learns, on what these give without dropout. */
  encoder?: "fine-tuned" | "frozen";
  labelSmoothing?: number;
  /** For each class. */
  classWeights?: readonly number[];
}

/** BERT with a layer on top. */
export type NetworkOnBert = Module & { readonly bert: BertModel<boolean> };

/**
 * A model of one task on the compute thread: what training, evaluation and prediction need of it. The network is BERT
 * with the task's layer on top.
 */
export abstract class TaskModel<
  Row extends Examples = Examples,
  Batch extends { packed: PackedBatch } = { packed: PackedBatch },
  Input = unknown,
  Prediction = unknown,
  Network extends NetworkOnBert = NetworkOnBert,
> extends LoadedModel<Network> {
  /** Names of the figures that `evaluate` gives and that can tell which model is best; the first does by default. */
  abstract readonly metrics: readonly string[];
  readonly #inference: PackedInference;
  /** Whose ranks share the work of evaluation. */
  protected group: ProcessGroup | undefined;
  #training: TrainingChoices = {};

  /** @param rowsPer what `output` has a row for */
  protected constructor(parts: ModelParts<Network>, rowsPer: RowsPer<object>) {
    super(parts, parts.network.bert);
    this.#inference = new PackedInference({
      run: (input, options) => this.output(input, options),
      rowsPer,
      device: parts.compute.device,
    });
  }

  /** Labelled rows, for evaluation. @throws ERR_DATA, naming the place */
  abstract read(source: RowSource, options: ReadOptions): Promise<Row>;

  /** Some items as one micro-batch. */
  abstract batch(examples: Row, items: readonly number[], place: BatchPlace): Batch;

  /** How many losses of each kind the batch counts. */
  abstract counts(batch: Batch): Counts;

  /** The batch's share of the update's loss: each kind's sum divided by the update's total. Shape []. */
  abstract loss(batch: Batch, totals: Counts): Tensor;

  /** Metrics on labelled rows. */
  abstract evaluate(examples: Row, signal?: AbortSignal): Promise<Evaluation>;

  /** Predictions for inputs, in their order. */
  abstract predict(inputs: readonly Input[], options: object, signal?: AbortSignal): Promise<Prediction[]>;

  /** Sets how the model will be trained, before it is. */
  prepareTraining(choices: TrainingChoices): void {
    this.#training = choices;
    const { layerDecay = 1, encoder } = choices;
    const numLayers = this.network.bert.config.num_hidden_layers;
    const freezeLayers = encoder === "frozen" ? numLayers : choices.freezeLayers;
    if (layerDecay === 1 && freezeLayers === undefined) return;
    this.parameters.regroup((name) => learningRateScale(name, { numLayers, layerDecay, freezeLayers }));
  }

  /** From now on, until it is told otherwise, all of the group's ranks make the same calls, and share their work. */
  shareInference(group: ProcessGroup | undefined): void {
    this.group = group;
  }

  /** Switches dropout on or off. That of a frozen encoder stays off: it gives the same in training as in prediction. */
  override train(training: boolean): void {
    super.train(training);
    if (this.#training.encoder === "frozen") this.network.bert.eval();
  }

  /**
   * The cross entropy of a training loss, as class weights and label smoothing have it: summed over logits [N, C].
   * Its mean is over `classCount` of the same classes.
   */
  protected classLossSum(logits: Tensor, classes: ArrayLike<number> /* [N] */): Tensor {
    const { device } = this.compute;
    const { classWeights, labelSmoothing } = this.#training;
    const weight = classWeights && tensor(Float32Array.from(classWeights), { device });
    const targets = tensor(Int32Array.from(classes), { dtype: "int64", device });
    return crossEntropy(logits, targets, "sum", { weight, labelSmoothing });
  }

  /** What a mean over `classLossSum` divides by: the sum of the classes' weights. */
  protected classCount(classes: ArrayLike<number>): number {
    const { classWeights } = this.#training;
    if (classWeights === undefined) return classes.length;
    return Array.from(classes).reduce((sum, label) => sum + classWeights[label]!, 0);
  }

  /**
   * Takes over from an evaluation on the validation rows what the model is to keep of it, such as a threshold: called
   * once, when training is over, with the evaluation of the weights that the model has then.
   */
  adopt(_evaluation: Evaluation): void {}

  /** What prediction and evaluation read: a row for each sequence [B, C], or for each token [T, C]. */
  protected abstract output(input: BertInput, options: object): Tensor;

  /** The rows of `output` for some sequences; calls that overlap share batches where their options are the same. */
  protected infer(
    sequences: readonly PackableSequence[],
    signal?: AbortSignal,
    options: object = {},
  ): Promise<Float32Array[]> {
    this.train(false);
    const infer = (some: readonly PackableSequence[]) => this.#inference.infer(some, options, signal);
    return this.group ? inferTogether(sequences, this.group, infer) : infer(sequences);
  }
}
