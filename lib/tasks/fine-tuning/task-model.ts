import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeModel } from "../../checkpoint/model-directory.js";
import type { PackableSequence, PackedBatch } from "../../data/packing.js";
import type { RowSource } from "../../data/readers/rows.js";
import { LibbertError } from "../../errors.js";
import { writeStaged } from "../../files/staged-directory.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import { crossEntropy } from "../../nn/functional.js";
import type { Module } from "../../nn/module.js";
import { FlatParameters } from "../../optim/flat-parameters.js";
import { learningRateScale } from "../../optim/learning-rate-scale.js";
import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Counts } from "../../train/train.js";
import type { Compute } from "../compute.js";
import { PackedInference } from "./packed-inference.js";
import type { Evaluation } from "./progress.js";

/** Rows as a model trains on them: items, each of one or more sequences that belong into one batch. */
export interface Examples {
  /** Rows that were read. */
  rows: number;
  /** Tokens of each item; their number is the number of items. */
  lengths: Int32Array;
  /** The class of each item, where a task gives it one: for balanced sampling and class weights. */
  classes?: Int32Array;
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
  /** Items of the run before the batch's first one; the others follow. Keys dropout. */
  first: number;
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

/** What every model of a task is made of. */
export interface ModelParts<Network extends Module> {
  network: Network;
  config: BertConfig;
  tokenizer: BertTokenizer;
  compute: Compute;
  /** Tokens of a sequence, special tokens included. */
  maxSeqLength: number;
}

/**
 * A model of one task on the compute thread: what training, evaluation, prediction and saving need of it. The network
 * is BERT with the task's layer on top.
 */
export abstract class TaskModel<
  Row extends Examples = Examples,
  Batch extends { packed: PackedBatch } = { packed: PackedBatch },
  Input = unknown,
  Prediction = unknown,
  Network extends Module = Module,
> {
  /** The class of transformers that loads what this saves. */
  abstract readonly architecture: string;
  /** Label names in class order; empty where the task has none. */
  abstract readonly labels: readonly string[];
  /** Names of the figures that `evaluate` gives and that can tell which model is best; the first does by default. */
  abstract readonly metrics: readonly string[];

  readonly parameters: FlatParameters;
  readonly tokenizer: BertTokenizer;
  readonly compute: Compute;
  readonly maxSeqLength: number;
  protected readonly network: Network;
  readonly #config: BertConfig;
  readonly #inference: PackedInference;
  #training: TrainingChoices = {};

  /** @param rowsPer what `output` has a row for */
  protected constructor(parts: ModelParts<Network>, rowsPer: "sequence" | "token") {
    const { network, config, tokenizer, compute, maxSeqLength } = parts;
    this.network = network;
    this.#config = config;
    this.tokenizer = tokenizer;
    this.compute = compute;
    this.maxSeqLength = maxSeqLength;
    this.parameters = new FlatParameters(network.namedParameters(), compute.dtype);
    const run = (input: BertInput) => this.output(input);
    this.#inference = new PackedInference({ run, rowsPer, device: compute.device });
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

  /** What prediction and evaluation read: a row for each sequence [B, C], or for each token [T, C]. */
  protected abstract output(input: BertInput): Tensor;

  /** What the task adds to `config.json`. */
  protected abstract configFields(): Partial<BertConfig>;

  /** The rows of `output` for some sequences; calls that overlap share batches. */
  protected infer(sequences: readonly PackableSequence[], signal?: AbortSignal): Promise<Float32Array[]> {
    this.train(false);
    return this.#inference.infer(sequences, signal);
  }

  /** Sets how the model will be trained, before it is. */
  prepareTraining(choices: TrainingChoices): void {
    this.#training = choices;
    const { layerDecay = 1, encoder } = choices;
    const numLayers = this.#config.num_hidden_layers;
    const freezeLayers = encoder === "frozen" ? numLayers : choices.freezeLayers;
    if (layerDecay === 1 && freezeLayers === undefined) return;
    this.parameters.regroup((name) => learningRateScale(name, { numLayers, layerDecay, freezeLayers }));
  }

  /** Switches dropout on or off. That of a frozen encoder stays off: it gives the same in training as in prediction. */
  train(training: boolean): void {
    this.network.train(training);
    if (this.#training.encoder !== "frozen") return;
    for (const [name, child] of this.network.children()) if (name === "bert") child.eval();
  }

  /**
   * The cross entropy of a training loss, as class weights and label smoothing have it: summed over logits [N, C].
   * Its mean is over `classCount` of the same classes.
   */
  protected classLossSum(logits: Tensor, classes: Int32Array /* [N] */): Tensor {
    const { device } = this.compute;
    const { classWeights, labelSmoothing } = this.#training;
    const weight = classWeights && tensor(Float32Array.from(classWeights), { device });
    const targets = tensor(classes, { dtype: "int64", device });
    return crossEntropy(logits, targets, "sum", { weight, labelSmoothing });
  }

  /** What a mean over `classLossSum` divides by: the sum of the classes' weights. */
  protected classCount(classes: Int32Array): number {
    const { classWeights } = this.#training;
    if (classWeights === undefined) return classes.length;
    return classes.reduce((sum, label) => sum + classWeights[label]!, 0);
  }

  /**
   * Writes a directory that `loadModel` and Python's transformers read. The files appear together, when all are
   * complete.
   *
   * @param report further content for `training_report.json`
   * @throws ERR_RUNTIME when the disk is full or fails; what the directory held before is still there then
   */
  async save(directory: string, report?: object): Promise<void> {
    const config = { ...this.#config, ...this.configFields() };
    const write = async (staging: string) => {
      this.parameters.withMasters(() => writeModel(staging, this.network, config, this.architecture));
      await this.tokenizer.save(staging, { modelMaxLength: this.maxSeqLength });
      if (report)
        writeFileSync(join(staging, "training_report.json"), `${JSON.stringify(report, null, 2)}\n`);
    };
    try {
      await writeStaged(directory, write);
    } catch (error) {
      const reason = (error as Error).message;
      throw new LibbertError("ERR_RUNTIME", `The model could not be saved in ${directory}: ${reason}`, {
        cause: error,
      });
    }
  }

  dispose(): void {
    this.parameters.dispose();
  }
}
