import { loadWeights } from "../../checkpoint/load-weights.js";
import { type ChoiceInput, choicePairs } from "../../data/choice-rows.js";
import { type PackedBatch, packSequences } from "../../data/packing.js";
import type { RowSource } from "../../data/readers/rows.js";
import { expected } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import { BertForMultipleChoice } from "../../models/multiple-choice.js";
import { crossEntropy } from "../../nn/functional.js";
import { withoutInitialisation } from "../../nn/init.js";
import { tensor } from "../../tensor/create.js";
import { manualSeed } from "../../tensor/random.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/train.js";
import { architectureOf, type Checkpoint, longestInput } from "../checkpoint.js";
import type { Compute } from "../compute.js";
import { type BatchPlace, type ModelParts, type ReadOptions, TaskModel } from "../fine-tuning/task-model.js";
import { toBertInput } from "../packed-input.js";
import { type ChoiceExamples, readEncodedChoices } from "./examples.js";
import type { ChoiceEvaluation, ChoicePrediction } from "./prediction.js";

/** Items of C choices as the model trains on them. */
export interface ChoiceBatch {
  packed: PackedBatch; // [B C] sequences
  choices: number;
  /** The right choice of each item. */
  right: Int32Array; // [B]
}

const ARCHITECTURE = "BertForMultipleChoice";

/** Picks the best of several continuations of a text, or answers about it (paper, section 4.4). */
export class MultipleChoiceModel extends TaskModel<
  ChoiceExamples,
  ChoiceBatch,
  ChoiceInput,
  ChoicePrediction,
  BertForMultipleChoice
> {
  readonly architecture = ARCHITECTURE;
  readonly labels = [];
  readonly metrics = ["accuracy", "loss"];

  private constructor(parts: ModelParts<BertForMultipleChoice>) {
    super(parts, "sequence");
  }

  /** A pre-trained encoder with a new scoring vector; a checkpoint of this task keeps its own. */
  static create(
    { directory, config, tokenizer }: Checkpoint,
    { compute, maxSeqLength, seed }: { compute: Compute; maxSeqLength: number; seed: number },
  ): MultipleChoiceModel {
    manualSeed(seed);
    const network = new BertForMultipleChoice(config);
    const sameTask = architectureOf(config) === ARCHITECTURE;
    loadWeights(sameTask ? network : network.bert, directory, {
      mayLack: ["bert.pooler.", "pooler.", "classifier."],
      mayIgnore: ["cls.", "classifier.", "qa_outputs."],
    });
    return new MultipleChoiceModel({ network, config, tokenizer, compute, maxSeqLength });
  }

  static load(checkpoint: Checkpoint, compute: Compute): MultipleChoiceModel {
    const { directory, config, tokenizer } = checkpoint;
    const network = withoutInitialisation(() => new BertForMultipleChoice(config));
    loadWeights(network, directory);
    const maxSeqLength = longestInput(checkpoint);
    return new MultipleChoiceModel({ network, config, tokenizer, compute, maxSeqLength });
  }

  async read(source: RowSource, options: ReadOptions): Promise<ChoiceExamples> {
    const { columns } = options;
    if (columns) throw expected("no value, as multiple-choice has no such option,", "columns", columns);
    return readEncodedChoices(source, this, options);
  }

  batch(examples: ChoiceExamples, items: readonly number[], { numbers }: BatchPlace): ChoiceBatch {
    const { choices, encodings, right } = examples;
    const sequences = items.flatMap((item) => encodings.slice(item * choices, (item + 1) * choices));
    return {
      packed: packSequences(
        sequences,
        numbers.flatMap((number) =>
          Array.from({ length: choices }, (_, choice) => number * choices + choice),
        ),
      ),
      choices,
      right: Int32Array.from(items, (item) => right[item]!),
    };
  }

  counts({ right }: ChoiceBatch): Counts {
    return { rows: right.length };
  }

  loss({ packed, choices, right }: ChoiceBatch, totals: Counts): Tensor {
    const { device } = this.compute;
    const logits = this.network.forward(toBertInput(packed, device), choices);
    return crossEntropy(logits, tensor(right, { dtype: "int64", device }), "sum").div(totals.rows!);
  }

  async evaluate(
    { choices, encodings, right, rows, truncatedTexts }: ChoiceExamples,
    signal?: AbortSignal,
  ): Promise<ChoiceEvaluation> {
    const logits = (await this.infer(encodings, signal)).map(([logit]) => logit!);
    let lossSum = 0;
    let hits = 0;
    for (let row = 0; row < rows; row++) {
      const logProbabilities = logSoftmax(logits.slice(row * choices, (row + 1) * choices));
      lossSum -= logProbabilities[right[row]!]!;
      if (indexOfLargest(logProbabilities) === right[row]) hits++;
    }
    return { accuracy: hits / rows, loss: lossSum / rows, rows, truncatedTexts };
  }

  /** Inputs may differ in how many choices they have. Of longer texts than `maxSeqLength` tokens the end is cut off. */
  async predict(
    inputs: readonly ChoiceInput[],
    _options: object,
    signal?: AbortSignal,
  ): Promise<ChoicePrediction[]> {
    const pairs = inputs.flatMap(choicePairs);
    const encodings = await this.tokenizer.encodeBatch(pairs, { maxLength: this.maxSeqLength });
    const logits = (await this.infer(encodings, signal)).map(([logit]) => logit!);
    let next = 0;
    return inputs.map(({ choices }) => {
      const logProbabilities = logSoftmax(logits.slice(next, next + choices.length));
      next += choices.length;
      const scores = logProbabilities.map(Math.exp);
      const choice = indexOfLargest(scores);
      return { choice, text: choices[choice]!, score: scores[choice]!, scores };
    });
  }

  /** The logit of every sequence, [B, 1]. */
  protected output(input: BertInput): Tensor {
    return this.network.forward(input, 1);
  }

  protected configFields(): Partial<BertConfig> {
    return {};
  }
}

function logSoftmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return logits.map((logit) => logit - largest - logSum);
}

function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
