import { setImmediate as nextTurn } from "node:timers/promises";
import { loadWeights } from "../../checkpoint/load-weights.js";
import {
  type MaskedWordsBatch,
  type MaskedWordsOptions,
  maskedWordsBatch,
  maskingFor,
} from "../../data/masked-words.js";
import type { Masking } from "../../data/pretraining/masking.js";
import type { RowSource } from "../../data/readers/rows.js";
import { UNDIVIDED } from "../../distributed/deal.js";
import { LibbertError } from "../../errors.js";
import { type BertConfig, isCausal } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import { BertForMaskedLM } from "../../models/masked-lm.js";
import { crossEntropy } from "../../nn/functional.js";
import { withoutInitialisation } from "../../nn/init.js";
import { noGrad } from "../../tensor/autograd.js";
import { tensor } from "../../tensor/create.js";
import { manualSeed } from "../../tensor/random.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/train.js";
import { type Checkpoint, longestInput } from "../checkpoint.js";
import type { Compute } from "../compute.js";
import { type BatchPlace, type ModelParts, type ReadOptions, TaskModel } from "../fine-tuning/task-model.js";
import { toBertInput } from "../packed-input.js";
import { type MaskedWordsExamples, readWindows } from "./examples.js";
import { bestWords, checkMasks, maskPredictions, maskStarts, masksIn } from "./fill-masks.js";
import type { MaskedWordsEvaluation, MaskPrediction } from "./prediction.js";

/** Layers of other tasks that a checkpoint may have. */
const OTHER_LAYERS = ["bert.pooler.", "pooler.", "cls.seq_relationship.", "classifier.", "qa_outputs."];

/** The masks of an evaluation are the same every time, whatever the run's seed: its figures can be compared. */
const EVALUATION = { seed: 0, epoch: 0 };

/** Fills masked words (paper, section 3.1, task 1). */
export class MaskedWordsModel extends TaskModel<
  MaskedWordsExamples,
  MaskedWordsBatch,
  string,
  MaskPrediction[][],
  BertForMaskedLM
> {
  readonly architecture = "BertForMaskedLM";
  readonly labels = [];
  readonly metrics = ["perplexity", "maskedAccuracy", "loss"];
  readonly #masking: Masking;
  readonly #seed: number;

  private constructor(
    parts: ModelParts<BertForMaskedLM>,
    { seed, ...masking }: Omit<MaskedWordsOptions, "maxSeqLength"> & { seed: number },
  ) {
    super(parts, (batch) => maskStarts(batch, parts.tokenizer.maskId));
    const { tokenizer, maxSeqLength } = parts;
    this.#masking = maskingFor(tokenizer, { ...masking, maxSeqLength });
    this.#seed = seed;
  }

  /** A checkpoint to go on with; a masked-word head that it lacks is new. */
  static create(
    { directory, config, tokenizer }: Checkpoint,
    { compute, ...options }: MaskedWordsOptions & { compute: Compute; seed: number },
  ): MaskedWordsModel {
    manualSeed(options.seed);
    const network = new BertForMaskedLM(config);
    loadWeights(network, directory, { mayLack: ["cls.predictions."], mayIgnore: OTHER_LAYERS });
    const { maxSeqLength } = options;
    return new MaskedWordsModel({ network, config, tokenizer, compute, maxSeqLength }, options);
  }

  /** Any model with a masked-word head. */
  static load(checkpoint: Checkpoint, compute: Compute): MaskedWordsModel {
    const { directory, config, tokenizer } = checkpoint;
    if (isCausal(config)) throw notMasked(directory);
    const network = withoutInitialisation(() => new BertForMaskedLM(config));
    loadWeights(network, directory, { mayIgnore: OTHER_LAYERS });
    const maxSeqLength = longestInput(checkpoint);
    return new MaskedWordsModel({ network, config, tokenizer, compute, maxSeqLength }, { seed: 1 });
  }

  read(source: RowSource, options: ReadOptions): Promise<MaskedWordsExamples> {
    return readWindows(source, this, options);
  }

  batch({ windows }: MaskedWordsExamples, items: readonly number[], place: BatchPlace): MaskedWordsBatch {
    return maskedWordsBatch(windows, items, this.#masking, { seed: this.#seed, ...place });
  }

  counts({ maskedLabels }: MaskedWordsBatch): Counts {
    return { words: maskedLabels.length };
  }

  loss(batch: MaskedWordsBatch, totals: Counts): Tensor {
    // With whole words, a short window may have no word that is short enough to be masked.
    return this.#lossSum(this.#logits(batch), batch).div(Math.max(1, totals.words!));
  }

  async evaluate(
    { windows, lengths, rows, emptyTexts }: MaskedWordsExamples,
    signal?: AbortSignal,
  ): Promise<MaskedWordsEvaluation> {
    this.train(false);
    const { rank, size } = this.group ?? UNDIVIDED;
    const batches = [...itemBatches(lengths)].filter((_, index) => index % size === rank);
    const sums = await this.#evaluationSums(windows, batches, signal);
    const [words, lossSum, right] = this.group ? this.group.sum(sums) : sums;
    const loss = lossSum! / words!;
    return {
      perplexity: Math.exp(loss),
      maskedAccuracy: right! / words!,
      loss,
      rows,
      maskedWords: words!,
      emptyTexts,
    };
  }

  /** Of some batches: masked words, their losses, and how many of them were found. */
  async #evaluationSums(
    windows: MaskedWordsExamples["windows"],
    batches: readonly (readonly number[])[],
    signal: AbortSignal | undefined,
  ): Promise<number[]> {
    const sum = { words: 0, loss: 0, right: 0 };
    for (const items of batches) {
      signal?.throwIfAborted();
      const batch = maskedWordsBatch(windows, items, this.#masking, { ...EVALUATION, numbers: items });
      scope(() =>
        noGrad(() => {
          const logits = this.#logits(batch);
          sum.words += batch.maskedLabels.length;
          sum.loss += this.#lossSum(logits, batch).item();
          sum.right += logits.argmax(-1).eq(this.#labels(batch)).sum().item();
        }),
      );
      await nextTurn();
    }
    return [sum.words, sum.loss, sum.right];
  }

  /** @throws ERR_DATA when a text has no `[MASK]`, or one behind the `maxSeqLength` tokens that the model reads */
  async predict(
    texts: readonly string[],
    { topK }: { topK: number },
    signal?: AbortSignal,
  ): Promise<MaskPrediction[][][]> {
    const encodings = await this.tokenizer.encodeBatch(texts, { maxLength: this.maxSeqLength });
    checkMasks(texts, encodings, this.tokenizer.maskId);
    const count = Math.min(topK, this.tokenizer.vocabSize);
    const rows = await this.infer(encodings, signal, { topK: count });
    return rows.map((own) => maskPredictions(own, count, this.tokenizer));
  }

  /** A row for each `[MASK]`: the best probabilities and their words, [M, 2 topK]. */
  protected output(input: BertInput, { topK }: { topK: number }): Tensor {
    const masks = masksIn(input.inputIds.toArray(), this.tokenizer.maskId);
    return bestWords(this.network.forward(input, this.#place(masks)), topK);
  }

  protected configFields(): Partial<BertConfig> {
    return {};
  }

  #logits({ packed, maskedPositions }: MaskedWordsBatch): Tensor {
    return this.network.forward(toBertInput(packed, this.compute.device), this.#place(maskedPositions));
  }

  #lossSum(logits: Tensor, batch: MaskedWordsBatch): Tensor {
    return crossEntropy(logits, this.#labels(batch), "sum");
  }

  #labels({ maskedLabels }: MaskedWordsBatch): Tensor {
    return tensor(maskedLabels, { dtype: "int64", device: this.compute.device });
  }

  #place(positions: Int32Array): Tensor {
    return tensor(positions, { device: this.compute.device });
  }
}

/** Enough to keep the matrix units busy; the logits of a batch's masked words take 75 MB with 30,522 pieces. */
const TOKENS_PER_BATCH = 4096;

/** Items in their order, as many at a time as fit. */
function* itemBatches(lengths: Int32Array): Generator<number[]> {
  let items: number[] = [];
  let tokens = 0;
  for (const [item, length] of lengths.entries()) {
    if (items.length > 0 && tokens + length > TOKENS_PER_BATCH) {
      yield items;
      [items, tokens] = [[], 0];
    }
    items.push(item);
    tokens += length;
  }
  yield items;
}

function notMasked(directory: string): LibbertError {
  const received = "one that predicts the next word";
  return new LibbertError(
    "ERR_CHECKPOINT",
    `${directory}: Expected a masked-word model but received ${received}`,
  );
}
