import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { loadWeights } from "../checkpoint/load-weights.js";
import { readConfig, writeModel } from "../checkpoint/model-directory.js";
import type { EncodedExamples } from "../data/encoded-examples.js";
import { labelIds } from "../data/labels.js";
import type { PackableSequence, PackedBatch } from "../data/packing.js";
import { LibbertError } from "../errors.js";
import { writeStaged } from "../files/staged-directory.js";
import { classificationMetrics, confusionMatrix } from "../metrics/classification.js";
import type { BertConfig } from "../models/bert-config.js";
import { BertForSequenceClassification } from "../models/sequence-classification.js";
import { crossEntropy } from "../nn/functional.js";
import { withoutInitialisation } from "../nn/init.js";
import { FlatParameters } from "../optim/flat-parameters.js";
import { noGrad } from "../tensor/autograd.js";
import { tensor } from "../tensor/create.js";
import { manualSeed } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { BertTokenizer, type TokenizerInput } from "../tokenizer/bert-tokenizer.js";
import { type Compute, chooseCompute } from "./compute.js";
import type { LoadSettings } from "./fine-tune-options.js";
import { inferenceBatches, toBertInput } from "./packed-input.js";
import type { EvaluationResult, Prediction } from "./progress.js";

/** Labelled sequences as the model trains on them. */
export interface ClassificationBatch {
  packed: PackedBatch;
  /** Class numbers, one a sequence. */
  labels: Int32Array; // [B]
}

interface Parts {
  model: BertForSequenceClassification;
  tokenizer: BertTokenizer;
  config: BertConfig;
  labels: readonly string[];
  compute: Compute;
  maxSeqLength: number;
}

/** A model directory whose configuration and tokenizer fit together. */
export interface Checkpoint {
  directory: string;
  config: BertConfig;
  tokenizer: BertTokenizer;
}

/** @throws ERR_CHECKPOINT when a file is missing or damaged, or the vocabulary larger than the embedding */
export async function openCheckpoint(directory: string): Promise<Checkpoint> {
  const config = readConfig(directory);
  const tokenizer = await BertTokenizer.load(directory);
  if (tokenizer.vocabSize > config.vocab_size) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${directory}: the tokenizer has ${tokenizer.vocabSize} pieces, but the model embeds only ${config.vocab_size}`,
    );
  }
  return { directory, config, tokenizer };
}

/** A text classifier on the compute thread: model, tokenizer and labels. */
export class TextClassifier {
  readonly labels: readonly string[];
  readonly parameters: FlatParameters;
  readonly tokenizer: BertTokenizer;
  readonly compute: Compute;
  readonly maxSeqLength: number;
  readonly #model: BertForSequenceClassification;
  readonly #config: BertConfig;

  private constructor({ model, tokenizer, config, labels, compute, maxSeqLength }: Parts) {
    this.#model = model;
    this.#config = config;
    this.tokenizer = tokenizer;
    this.labels = labels;
    this.compute = compute;
    this.maxSeqLength = maxSeqLength;
    this.parameters = new FlatParameters(model.namedParameters(), compute.dtype);
  }

  /**
   * A pre-trained encoder with a new classification layer; a checkpoint that classifies by the same labels keeps its
   * own.
   */
  static create(
    { directory, config, tokenizer }: Checkpoint,
    labels: readonly string[],
    { compute, maxSeqLength, seed }: { compute: Compute; maxSeqLength: number; seed: number },
  ): TextClassifier {
    manualSeed(seed);
    const model = new BertForSequenceClassification(config, labels.length);
    const sameTask = isDeepStrictEqual(storedLabels(config), labels);
    loadWeights(sameTask ? model : model.bert, directory, {
      mayLack: ["bert.pooler.", "pooler.", "classifier."],
      mayIgnore: ["cls.", "classifier.", "qa_outputs."],
    });
    return new TextClassifier({ model, tokenizer, config, labels, compute, maxSeqLength });
  }

  /** A classifier that `save` wrote, or that transformers did. */
  static async load(directory: string, options: LoadSettings): Promise<TextClassifier> {
    const compute = chooseCompute(options.device, options.dtype);
    const { config, tokenizer } = await openCheckpoint(directory);
    const labels = storedLabels(config);
    if (labels.length < 2) throw notAClassifier(directory);
    const model = withoutInitialisation(() => new BertForSequenceClassification(config, labels.length));
    loadWeights(model, directory);
    const maxSeqLength = Math.min(tokenizer.modelMaxLength ?? Infinity, config.max_position_embeddings);
    return new TextClassifier({ model, tokenizer, config, labels, compute, maxSeqLength });
  }

  /** Switches dropout on or off. */
  train(training: boolean): void {
    this.#model.train(training);
  }

  /** Summed cross entropy of a batch, shape []. */
  lossSum(batch: ClassificationBatch): Tensor {
    const { device } = this.compute;
    const logits = this.#model.forward(toBertInput(batch.packed, device));
    return crossEntropy(logits, tensor(batch.labels, { dtype: "int64", device }), "sum");
  }

  /** Tokenizes and classifies texts; longer ones than `maxSeqLength` are cut. */
  async predict(texts: readonly TokenizerInput[], signal?: AbortSignal): Promise<Prediction[]> {
    const encodings = await this.tokenizer.encodeBatch(texts, { maxLength: this.maxSeqLength });
    const rows = await this.#logProbabilities(encodings, signal);
    return rows.map((row) => predictionOf(row, this.labels));
  }

  /** Metrics on labelled examples. */
  async evaluate(examples: EncodedExamples, signal?: AbortSignal): Promise<EvaluationResult> {
    const expectedIds = labelIds(examples, this.labels);
    const rows = await this.#logProbabilities(examples.encodings, signal);
    const predicted = rows.map(indexOfLargest);
    const lossSum = rows.reduce((sum, row, index) => sum - row[expectedIds[index]!]!, 0);
    return {
      ...classificationMetrics(confusionMatrix(predicted, expectedIds, this.labels.length)),
      loss: lossSum / rows.length,
      rows: rows.length,
      truncatedTexts: examples.truncatedTexts,
      emptyTexts: examples.emptyTexts,
    };
  }

  async #logProbabilities(
    sequences: readonly PackableSequence[],
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    this.train(false);
    const rows: Float32Array[] = [];
    for (const batch of inferenceBatches(sequences)) {
      signal?.throwIfAborted();
      const flat = scope(() =>
        noGrad(() => {
          const logits = this.#model.forward(toBertInput(batch, this.compute.device));
          return logits.to("float32").logSoftmax(-1).toFloat32Array();
        }),
      );
      if (flat.some(Number.isNaN)) throw notANumber();
      for (let start = 0; start < flat.length; start += this.labels.length) {
        rows.push(flat.subarray(start, start + this.labels.length));
      }
      await nextTurn();
    }
    return rows;
  }

  /**
   * Writes a directory that `load` and Python's transformers read. The files appear together, when all are complete.
   *
   * @param report further content for `training_report.json`
   * @throws ERR_RUNTIME when the disk is full or fails; what the directory held before is still there then
   */
  async save(directory: string, report?: object): Promise<void> {
    const id2label = Object.fromEntries(this.labels.map((label, id) => [id, label]));
    const label2id = Object.fromEntries(this.labels.map((label, id) => [label, id]));
    const write = async (staging: string) => {
      this.parameters.withMasters(() =>
        writeModel(
          staging,
          this.#model,
          { ...this.#config, id2label, label2id },
          "BertForSequenceClassification",
        ),
      );
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

function storedLabels({ id2label = {} }: BertConfig): string[] {
  return Object.entries(id2label)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, name]) => name);
}

function notAClassifier(directory: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected the labels of a classifier (id2label) in ${join(directory, "config.json")}: this model was not fine-tuned`,
  );
}

function notANumber(): LibbertError {
  return new LibbertError(
    "ERR_NON_FINITE",
    "The model's output is not a number: its weights are damaged, or its training diverged",
  );
}

function predictionOf(logProbabilities: Float32Array, labels: readonly string[]): Prediction {
  const best = indexOfLargest(logProbabilities);
  const scores = Object.fromEntries(labels.map((label, id) => [label, Math.exp(logProbabilities[id]!)]));
  return { label: labels[best]!, score: scores[labels[best]!]!, scores };
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
