import { isDeepStrictEqual } from "node:util";
import { loadWeights } from "../../checkpoint/load-weights.js";
import { type PackedBatch, packSequences } from "../../data/packing.js";
import type { RowSource } from "../../data/readers/rows.js";
import { tokenWindows } from "../../data/tagging/token-windows.js";
import { tokenizeWords, type WordsInput } from "../../data/tagging/words.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import { BertForTokenClassification } from "../../models/token-classification.js";
import { withoutInitialisation } from "../../nn/init.js";
import { tensor } from "../../tensor/create.js";
import { manualSeed } from "../../tensor/random.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/train.js";
import { type Checkpoint, labelFields, longestInput, storedLabels } from "../checkpoint.js";
import type { Compute } from "../compute.js";
import { type BatchPlace, type ModelParts, type ReadOptions, TaskModel } from "../fine-tuning/task-model.js";
import { toBertInput } from "../packed-input.js";
import { entityPredictions, predictedTags } from "./decode.js";
import { tokenEvaluation } from "./evaluation.js";
import { readSentences, type TaggingExamples, withWindows } from "./examples.js";
import type { EntityPrediction, TokenClassificationEvaluation } from "./prediction.js";
import { settingsField, storedFeatures, type TaggingSettings } from "./settings.js";

/** Windows with the classes of their words. */
export interface TaggingBatch {
  packed: PackedBatch;
  /** Where the words begin among the batch's tokens. */
  positions: Int32Array; // [words]
  classes: Int32Array; // [words]
}

/** A model that finds named entities: a tag for every word (paper, figure 4 d and section 5.3). */
export class TokenClassificationModel extends TaskModel<
  TaggingExamples,
  TaggingBatch,
  WordsInput,
  EntityPrediction[],
  BertForTokenClassification
> {
  readonly architecture = "BertForTokenClassification";
  readonly metrics = ["f1", "precision", "recall", "strictF1", "accuracy", "loss"];

  private constructor(
    parts: ModelParts<BertForTokenClassification>,
    readonly labels: readonly string[],
    readonly settings: TaggingSettings,
  ) {
    super(parts, "token");
  }

  /**
   * A pre-trained encoder with a new classification layer; a checkpoint that gives the same tags to the same features
   * keeps its own.
   */
  static create(
    { directory, config, tokenizer }: Checkpoint,
    labels: readonly string[],
    settings: TaggingSettings,
    options: { compute: Compute; maxSeqLength: number; seed: number },
  ): TokenClassificationModel {
    const { compute, maxSeqLength, seed } = options;
    manualSeed(seed);
    const network = new BertForTokenClassification(config, labels.length, settings.features);
    const sameTask =
      isDeepStrictEqual(storedLabels(config), labels) && storedFeatures(config) === settings.features;
    loadWeights(sameTask ? network : network.bert, directory, {
      mayLack: ["classifier."],
      mayIgnore: ["bert.pooler.", "pooler.", "cls.", "classifier.", "qa_outputs."],
    });
    const parts = { network, config, tokenizer, compute, maxSeqLength };
    return new TokenClassificationModel(parts, labels, settings);
  }

  static load(checkpoint: Checkpoint, settings: TaggingSettings, compute: Compute): TokenClassificationModel {
    const { directory, config, tokenizer } = checkpoint;
    const labels = storedLabels(config);
    const network = withoutInitialisation(
      () => new BertForTokenClassification(config, labels.length, settings.features),
    );
    loadWeights(network, directory, { mayIgnore: ["bert.pooler."] }); // older versions of transformers stored one
    const maxSeqLength = longestInput(checkpoint);
    return new TokenClassificationModel(
      { network, config, tokenizer, compute, maxSeqLength },
      labels,
      settings,
    );
  }

  async read(source: RowSource, options: ReadOptions): Promise<TaggingExamples> {
    const reader = {
      ...this.settings,
      tokenizer: this.tokenizer,
      maxSeqLength: this.maxSeqLength,
      labels: this.labels,
    };
    return withWindows(await readSentences(source, reader, options), reader);
  }

  batch(
    { windows, classes }: TaggingExamples,
    items: readonly number[],
    { numbers }: BatchPlace,
  ): TaggingBatch {
    const packed = packSequences(
      items.map((item) => windows[item]!),
      numbers,
    );
    const positions = items.flatMap((item, index) =>
      Array.from(windows[item]!.positions, (position) => packed.cuSeqlens[index]! + position),
    );
    return {
      packed,
      positions: Int32Array.from(positions),
      classes: Int32Array.from(items.flatMap((item) => [...classes[item]!])),
    };
  }

  counts({ classes }: TaggingBatch): Counts {
    return { words: this.classCount(classes) };
  }

  loss({ packed, positions, classes }: TaggingBatch, totals: Counts): Tensor {
    const { device } = this.compute;
    const logits = this.network.forward(toBertInput(packed, device), tensor(positions, { device }));
    return this.classLossSum(logits, classes).div(totals.words!);
  }

  async evaluate(examples: TaggingExamples, signal?: AbortSignal): Promise<TokenClassificationEvaluation> {
    const outputs = await this.infer(examples.windows, signal);
    return tokenEvaluation(examples, outputs, this.labels, this.settings.scheme);
  }

  /** Longer inputs than `maxSeqLength` tokens are read in windows. */
  async predict(
    inputs: readonly WordsInput[],
    _options: object,
    signal?: AbortSignal,
  ): Promise<EntityPrediction[][]> {
    const sentences = await tokenizeWords(inputs, this.tokenizer);
    const windows = tokenWindows(sentences, this.tokenizer, {
      maxLength: this.maxSeqLength,
      documentContext: false, // every input stands by itself
    });
    const tags = predictedTags(sentences, windows, await this.infer(windows, signal), this.labels);
    return sentences.map((sentence, index) =>
      entityPredictions(sentence, tags[index]!, typeof inputs[index] !== "string"),
    );
  }

  /** Log-probabilities, [T, labels]. */
  protected output(input: BertInput): Tensor {
    return this.network.forward(input).to("float32").logSoftmax(-1);
  }

  protected configFields(): Partial<BertConfig> {
    return { ...labelFields(this.labels), ...settingsField(this.settings) };
  }
}
