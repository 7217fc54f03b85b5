import { isDeepStrictEqual } from "node:util";
import { loadWeights } from "../../checkpoint/load-weights.js";
import { type PackedBatch, packSequences } from "../../data/packing.js";
import type { RowSource } from "../../data/readers/rows.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import { BertForSequenceClassification } from "../../models/sequence-classification.js";
import { withoutInitialisation } from "../../nn/init.js";
import { manualSeed } from "../../tensor/random.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { TokenizerInput } from "../../tokenizer/bert-tokenizer.js";
import { classificationMetrics } from "../../train/classification-metrics.js";
import type { Counts } from "../../train/train.js";
import { type Checkpoint, labelFields, longestInput, storedLabels } from "../checkpoint.js";
import type { Compute } from "../compute.js";
import { type BatchPlace, type ModelParts, type ReadOptions, TaskModel } from "../fine-tuning/task-model.js";
import { toBertInput } from "../packed-input.js";
import { type ClassificationExamples, readEncodedExamples, withClasses } from "./examples.js";
import type { ClassificationEvaluation, Prediction } from "./prediction.js";

/** Labelled sequences as the model trains on them. */
export interface ClassificationBatch {
  packed: PackedBatch;
  /** Class numbers, one a sequence. */
  labels: Int32Array; // [B]
}

/** A classifier of texts, or of pairs of texts, with one label each (paper, figure 4 a and b). */
export class ClassificationModel extends TaskModel<
  ClassificationExamples,
  ClassificationBatch,
  TokenizerInput,
  Prediction,
  BertForSequenceClassification
> {
  readonly architecture = "BertForSequenceClassification";
  readonly metrics = ["accuracy", "macroF1", "loss"];

  private constructor(
    parts: ModelParts<BertForSequenceClassification>,
    readonly labels: readonly string[],
  ) {
    super(parts, "sequence");
  }

  /**
   * A pre-trained encoder with a new classification layer; a checkpoint that classifies by the same labels keeps its
   * own.
   */
  static create(
    { directory, config, tokenizer }: Checkpoint,
    labels: readonly string[],
    { compute, maxSeqLength, seed }: { compute: Compute; maxSeqLength: number; seed: number },
  ): ClassificationModel {
    manualSeed(seed);
    const network = new BertForSequenceClassification(config, labels.length);
    const sameTask = isDeepStrictEqual(storedLabels(config), labels);
    loadWeights(sameTask ? network : network.bert, directory, {
      mayLack: ["bert.pooler.", "pooler.", "classifier."],
      mayIgnore: ["cls.", "classifier.", "qa_outputs."],
    });
    return new ClassificationModel({ network, config, tokenizer, compute, maxSeqLength }, labels);
  }

  static load(checkpoint: Checkpoint, compute: Compute): ClassificationModel {
    const { directory, config, tokenizer } = checkpoint;
    const labels = storedLabels(config);
    const network = withoutInitialisation(() => new BertForSequenceClassification(config, labels.length));
    loadWeights(network, directory);
    const maxSeqLength = longestInput(checkpoint);
    return new ClassificationModel({ network, config, tokenizer, compute, maxSeqLength }, labels);
  }

  async read(source: RowSource, options: ReadOptions): Promise<ClassificationExamples> {
    return withClasses(await readEncodedExamples(source, this, options), this.labels, this);
  }

  batch(examples: ClassificationExamples, items: readonly number[], { first }: BatchPlace) {
    return {
      packed: packSequences(
        items.map((item) => examples.encodings[item]!),
        items.map((_, index) => first + index),
      ),
      labels: Int32Array.from(items, (item) => examples.classes[item]!),
    };
  }

  counts({ labels }: ClassificationBatch): Counts {
    return { rows: this.classCount(labels) };
  }

  loss({ packed, labels }: ClassificationBatch, totals: Counts): Tensor {
    const logits = this.network.forward(toBertInput(packed, this.compute.device));
    return this.classLossSum(logits, labels).div(totals.rows!);
  }

  async evaluate(examples: ClassificationExamples, signal?: AbortSignal): Promise<ClassificationEvaluation> {
    const { classes } = examples;
    const rows = await this.infer(examples.encodings, signal);
    const predicted = rows.map(indexOfLargest);
    const lossSum = rows.reduce((sum, row, index) => sum - row[classes[index]!]!, 0);
    return {
      ...classificationMetrics(predicted, classes, this.labels.length),
      loss: lossSum / rows.length,
      rows: rows.length,
      truncatedTexts: examples.truncatedTexts,
      emptyTexts: examples.emptyTexts,
    };
  }

  /** Longer texts than `maxSeqLength` tokens are cut. */
  async predict(
    inputs: readonly TokenizerInput[],
    _options: object,
    signal?: AbortSignal,
  ): Promise<Prediction[]> {
    const encodings = await this.tokenizer.encodeBatch(inputs, { maxLength: this.maxSeqLength });
    const rows = await this.infer(encodings, signal);
    return rows.map((row) => predictionOf(row, this.labels));
  }

  /** Log-probabilities, [B, labels]. */
  protected output(input: BertInput): Tensor {
    return this.network.forward(input).to("float32").logSoftmax(-1);
  }

  protected configFields(): Partial<BertConfig> {
    return labelFields(this.labels);
  }
}

function predictionOf(logProbabilities: Float32Array, labels: readonly string[]): Prediction {
  const best = indexOfLargest(logProbabilities);
  const scores = Object.fromEntries(labels.map((label, id) => [label, Math.exp(logProbabilities[id]!)]));
  return { label: labels[best]!, score: scores[labels[best]!]!, scores };
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
