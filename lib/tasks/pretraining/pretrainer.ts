import { setImmediate as nextTurn } from "node:timers/promises";
import { loadWeights } from "../../checkpoint/load-weights.js";
import { readConfig, writeModel } from "../../checkpoint/model-directory.js";
import { CheckpointWeights } from "../../checkpoint/weights.js";
import type { PretrainingBatch } from "../../data/pretraining/pretraining-epoch.js";
import type { ProcessGroup } from "../../distributed/group.js";
import { type BertConfig, CAUSAL_ARCHITECTURE } from "../../models/bert-config.js";
import { BertForMaskedLM } from "../../models/masked-lm.js";
import { BertForPreTraining } from "../../models/pretraining.js";
import { crossEntropy } from "../../nn/functional.js";
import { FlatParameters } from "../../optim/flat-parameters.js";
import { noGrad } from "../../tensor/autograd.js";
import { stack, tensor } from "../../tensor/create.js";
import { manualSeed } from "../../tensor/random.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/train.js";
import type { Compute } from "../compute.js";
import { toBertInput } from "../packed-input.js";
import type { PretrainMetrics } from "./progress.js";

/** What a model learns: masked words and next sentence, masked words alone, or the next word from left to right. */
export type Objective = "mlm+nsp" | "mlm" | "causal";

/** The class of transformers that has what was learned, and nothing else. */
const ARCHITECTURES: Record<Objective, string> = {
  "mlm+nsp": "BertForPreTraining",
  mlm: "BertForMaskedLM",
  causal: CAUSAL_ARCHITECTURE,
};

/** A model in pre-training: its losses and its metrics. */
export class Pretrainer implements Disposable {
  readonly parameters: FlatParameters;
  readonly #model: BertForPreTraining | BertForMaskedLM;

  private constructor(
    model: BertForPreTraining | BertForMaskedLM,
    readonly config: BertConfig,
    readonly compute: Compute,
    readonly objective: Objective,
  ) {
    this.#model = model;
    const { device, dtype } = compute;
    this.parameters = new FlatParameters(model.namedParameters(), dtype, undefined, device);
  }

  /** A new model with random weights. */
  static create(
    config: BertConfig,
    compute: Compute,
    options: { seed: number; objective: Objective },
  ): Pretrainer {
    manualSeed(options.seed);
    return new Pretrainer(newModel(config, options.objective), config, compute, options.objective);
  }

  /**
   * A checkpoint to go on from. Without a next-sentence head, which the masked words alone do not train, its objective
   * is "mlm" in the place of "mlm+nsp"; a masked-word head that it lacks is new, and the names of that are returned.
   */
  static continueFrom(
    directory: string,
    compute: Compute,
    options: { seed: number; objective: Objective },
  ): { pretrainer: Pretrainer; initialised: string[] } {
    const config = readConfig(directory);
    const lacksPairs = options.objective === "mlm+nsp" && !hasNextSentenceHead(directory);
    const objective = lacksPairs ? "mlm" : options.objective;
    manualSeed(options.seed);
    const model = newModel(config, objective);
    const { initialised } = loadWeights(model, directory, {
      mayLack: ["bert.pooler.", "cls.predictions."],
      mayIgnore: ["bert.pooler.", "pooler.", "cls.seq_relationship.", "classifier.", "qa_outputs."],
    });
    return { pretrainer: new Pretrainer(model, config, compute, objective), initialised };
  }

  train(training: boolean): void {
    this.#model.train(training);
  }

  counts({ maskedLabels, nextSentenceLabels }: PretrainingBatch): Counts {
    return { words: maskedLabels.length, pairs: nextSentenceLabels?.length ?? 0 };
  }

  /** Of what the loss is the sum. */
  get lossParts(): number {
    return this.objective === "mlm+nsp" ? 2 : 1;
  }

  /** The batch's share of the loss, [lossParts]: masked words and next sentence, each a mean over its own count. */
  loss(batch: PretrainingBatch, totals: Counts): Tensor {
    const { wordLogits, nextSentenceLogits } = this.#forward(batch);
    const words = this.#crossEntropySum(wordLogits, batch.maskedLabels).div(totals.words!);
    if (nextSentenceLogits === null) return stack([words]);
    const pairs = this.#crossEntropySum(nextSentenceLogits, batch.nextSentenceLabels!).div(totals.pairs!);
    return stack([words, pairs]);
  }

  /**
   * Metrics over some batches, and over those of the group's other ranks.
   *
   * @throws the signal's reason, within one batch
   */
  async evaluate(
    batches: Iterable<PretrainingBatch>,
    { signal, group }: { signal?: AbortSignal; group?: ProcessGroup } = {},
  ): Promise<PretrainMetrics> {
    this.train(false);
    const own = await this.#sums(batches, signal);
    this.train(true);
    const sums = group ? overRanks(own, group) : own;
    const { words, pairs, sequences } = sums;
    return {
      mlmAccuracy: sums.rightWords / words,
      nspAccuracy: pairs > 0 ? sums.rightPairs / pairs : null,
      randomPairShare: pairs > 0 ? sums.randomPairs / pairs : null,
      perplexity: Math.exp(sums.wordLoss / words),
      sequences,
    };
  }

  async #sums(batches: Iterable<PretrainingBatch>, signal: AbortSignal | undefined): Promise<HeldOutSums> {
    const sum = { ...NOTHING };
    for (const batch of batches) {
      signal?.throwIfAborted();
      scope(() =>
        noGrad(() => {
          const { wordLogits, nextSentenceLogits } = this.#forward(batch);
          sum.words += batch.maskedLabels.length;
          sum.wordLoss += this.#crossEntropySum(wordLogits, batch.maskedLabels).item();
          sum.rightWords += this.#right(wordLogits, batch.maskedLabels);
          sum.sequences += batch.packed.cuSeqlens.length - 1;
          if (nextSentenceLogits === null) return;
          sum.pairs += batch.nextSentenceLabels!.length;
          sum.rightPairs += this.#right(nextSentenceLogits, batch.nextSentenceLabels!);
          sum.randomPairs += batch.nextSentenceLabels!.reduce((count, label) => count + label, 0);
        }),
      );
      await nextTurn();
    }
    return sum;
  }

  /** Writes `config.json` and `model.safetensors` into an existing directory. */
  write(directory: string): void {
    const architecture = ARCHITECTURES[this.objective];
    this.parameters.withMasters(() => writeModel(directory, this.#model, this.config, architecture));
  }

  [Symbol.dispose](): void {
    this.parameters.dispose();
  }

  #forward({ packed, maskedPositions }: PretrainingBatch) {
    const { device } = this.compute;
    const input = { ...toBertInput(packed, device), causal: this.objective === "causal" };
    const positions = tensor(maskedPositions, { device });
    if (this.#model instanceof BertForPreTraining) return this.#model.forward(input, positions);
    return { wordLogits: this.#model.forward(input, positions), nextSentenceLogits: null };
  }

  #crossEntropySum(logits: Tensor, labels: Int32Array): Tensor {
    return crossEntropy(logits, tensor(labels, { dtype: "int64", device: this.compute.device }), "sum");
  }

  #right(logits: Tensor, labels: Int32Array): number {
    return logits
      .argmax(-1)
      .eq(tensor(labels, { device: this.compute.device }))
      .sum()
      .item();
  }
}

/** What the metrics are made of. */
const NOTHING = {
  words: 0,
  wordLoss: 0,
  rightWords: 0,
  pairs: 0,
  rightPairs: 0,
  randomPairs: 0,
  sequences: 0,
};

type HeldOutSums = typeof NOTHING;

function overRanks(own: HeldOutSums, group: ProcessGroup): HeldOutSums {
  const sums = group.sum(Object.values(own));
  const entries = Object.keys(own).map((name, index) => [name, sums[index]]);
  return Object.fromEntries(entries);
}

function newModel(config: BertConfig, objective: Objective): BertForPreTraining | BertForMaskedLM {
  return objective === "mlm+nsp" ? new BertForPreTraining(config) : new BertForMaskedLM(config);
}

function hasNextSentenceHead(directory: string): boolean {
  using weights = new CheckpointWeights(directory);
  return weights.names().includes("cls.seq_relationship.weight");
}
