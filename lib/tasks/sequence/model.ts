import { type PackedBatch, packSequences } from "../../data/packing.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertForSequenceClassification } from "../../models/sequence-classification.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { TokenizerInput } from "../../tokenizer/bert-tokenizer.js";
import type { Counts } from "../../train/train.js";
import { labelFields } from "../checkpoint.js";
import type { Evaluation } from "../fine-tuning/progress.js";
import { type BatchPlace, type ModelParts, TaskModel } from "../fine-tuning/task-model.js";
import { toBertInput } from "../packed-input.js";
import type { SequenceExamples } from "./examples.js";
import type { ProblemType } from "./network.js";

/** Labelled sequences as the model trains on them. */
export interface SequenceBatch<Target> {
  packed: PackedBatch;
  /** What is right for each sequence. */
  targets: readonly Target[];
}

/** What an evaluation says of the rows themselves. */
export interface TextCounts extends Evaluation {
  /** Rows that lost tokens, and rows without any text. */
  truncatedTexts: number;
  emptyTexts: number;
}

/**
 * A model with outputs for a whole text, or pair of texts (paper, figure 4 a and b): what classification, multi-label
 * classification and regression share.
 */
export abstract class SequenceModel<Target, Figures extends object, Prediction> extends TaskModel<
  SequenceExamples<Target>,
  SequenceBatch<Target>,
  TokenizerInput,
  Prediction,
  BertForSequenceClassification
> {
  readonly architecture = "BertForSequenceClassification";
  protected abstract readonly problemType: ProblemType;

  constructor(
    parts: ModelParts<BertForSequenceClassification>,
    readonly labels: readonly string[],
  ) {
    super(parts, "sequence");
  }

  batch(
    examples: SequenceExamples<Target>,
    items: readonly number[],
    { numbers }: BatchPlace,
  ): SequenceBatch<Target> {
    return {
      packed: packSequences(
        items.map((item) => examples.encodings[item]!),
        numbers,
      ),
      targets: items.map((item) => examples.targets[item]!),
    };
  }

  counts({ targets }: SequenceBatch<Target>): Counts {
    return { rows: targets.length };
  }

  loss({ packed, targets }: SequenceBatch<Target>, totals: Counts): Tensor {
    const logits = this.network.forward(toBertInput(packed, this.compute.device)).to("float32");
    return this.lossSum(logits, targets).div(totals.rows!);
  }

  async evaluate(examples: SequenceExamples<Target>, signal?: AbortSignal): Promise<Figures & TextCounts> {
    const outputs = await this.infer(examples.encodings, signal);
    const { rows, truncatedTexts, emptyTexts } = examples;
    return { ...this.figures(outputs, examples), rows, truncatedTexts, emptyTexts };
  }

  /** Longer texts than `maxSeqLength` tokens are cut. */
  async predict(
    inputs: readonly TokenizerInput[],
    _options: object,
    signal?: AbortSignal,
  ): Promise<Prediction[]> {
    const encodings = await this.tokenizer.encodeBatch(inputs, { maxLength: this.maxSeqLength });
    const outputs = await this.infer(encodings, signal);
    return outputs.map((output) => this.predictionOf(output));
  }

  /** Losses of all sequences together: each one's mean over its outputs. Shape []. */
  protected abstract lossSum(logits: Tensor /* [B, labels], float32 */, targets: readonly Target[]): Tensor;

  protected abstract figures(outputs: readonly Float32Array[], examples: SequenceExamples<Target>): Figures;

  protected abstract predictionOf(output: Float32Array): Prediction;

  protected configFields(): Partial<BertConfig> {
    return {
      ...labelFields(this.labels),
      problem_type: this.problemType,
      label_thresholds: undefined, // those of a checkpoint that it was trained from
    };
  }
}
