import type { ModelCalibration } from "../calibration/model-calibration.js";
import type { CalibrationChoices } from "../calibration/options.js";
import type { CardTraining } from "../card/card.js";
import { type Checkpoint, withVectors } from "../checkpoint/checkpoint.js";
import { type NewLabels, withLabels } from "../checkpoint/labels.js";
import type { ModelWeights } from "../checkpoint/model-weights.js";
import { whyNonFinite } from "../checkpoint/non-finite.js";
import type { ModelToSave, SavedBeside } from "../checkpoint/save-model.js";
import type { RowInput } from "../data/readers/rows.js";
import type { ProcessGroup } from "../distributed/group.js";
import { expected } from "../errors.js";
import { type Explanation, explanationOf } from "../explanation/explanation.js";
import { integratedGradients } from "../explanation/integrated-gradients.js";
import { type ExplainSettings, refuseOtherTasksChoices } from "../explanation/options.js";
import { FeatureExtractor } from "../features/extractor.js";
import { storedLongTexts } from "../features/long-texts.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { PackedInference } from "../inference/packed-inference.js";
import { inferTogether } from "../inference/shared-inference.js";
import { type OnDevice, onDevice } from "../models/device-batch.js";
import type { Network } from "../models/network.js";
import type { PackableSequence } from "../models/packing.js";
import type { Compute } from "../tensor/compute.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Counts, Totals } from "../train/totals.js";
import type {
  BatchContext,
  HeadModel,
  HeadTypes,
  JudgedPart,
  MiningContext,
  ReadOptions,
  TaskHead,
  TrainingChoices,
} from "./head.js";
import { metricsOf } from "./metrics-of.js";
import { predictWhole } from "./whole-inputs.js";

/** What a model is made of. */
export interface ModelParts<Types extends HeadTypes> {
  head: TaskHead<Types>;
  config: Types["config"];
  network: Network<Types["layers"]>;
  checkpoint: Checkpoint;
  weights: ModelWeights;
  compute: Compute;
  /** Tokens of a sequence, special tokens included. */
  maxSeqLength: number;
  choices?: TrainingChoices;
  /** Default: null */
  calibration?: ModelCalibration | null;
}

/** A model of one task on the compute thread: encoder, head, weights and tokenizer, for training and for prediction. */
export class TaskModel<Types extends HeadTypes = HeadTypes> implements HeadModel<Types> {
  readonly head: TaskHead<Types>;
  readonly network: Network<Types["layers"]>;
  readonly checkpoint: Checkpoint;
  readonly compute: Compute;
  readonly maxSeqLength: number;
  readonly choices: TrainingChoices;
  /** Features of texts, and embeddings. */
  readonly features: FeatureExtractor;
  readonly #weights: ModelWeights;
  readonly #inference: PackedInference;
  #config: Types["config"];
  #group: ProcessGroup | undefined;
  #training: CardTraining | null = null;
  #calibration: ModelCalibration | null;

  constructor({
    head,
    config,
    network,
    checkpoint,
    weights,
    compute,
    maxSeqLength,
    choices = {},
    calibration = null,
  }: ModelParts<Types>) {
    this.head = head;
    this.#config = config;
    this.network = network;
    this.checkpoint = checkpoint;
    this.#weights = weights;
    this.compute = compute;
    this.maxSeqLength = maxSeqLength;
    this.choices = choices;
    this.#calibration = calibration;
    const { device } = compute;
    const why = () => whyNonFinite(weights);
    const saved = { ...checkpoint, json: { ...checkpoint.json, ...head.fields(config) } };
    this.features = new FeatureExtractor(network.encoder, {
      tokenizer: this.tokenizer,
      maxSeqLength,
      sentences: checkpoint.sentences,
      longTexts: storedLongTexts(saved, { frame: this.tokenizer.frame, maxSeqLength }),
      device,
      whyNonFinite: why,
    });
    this.#inference = new PackedInference({
      run: (batch, options) => {
        const { encoded, input } = network.encode(batch);
        return head.output(this, encoded, input, options);
      },
      rowsPer: head.rowsPer(this),
      device,
      whyNonFinite: why,
    });
  }

  get tokenizer() {
    return this.checkpoint.tokenizer;
  }

  get config(): Types["config"] {
    return this.#config;
  }

  get calibration(): ModelCalibration | null {
    return this.#calibration;
  }

  get group(): ProcessGroup | undefined {
    return this.#group;
  }

  /** As `metricsOf`. */
  get metrics(): readonly string[] {
    return metricsOf(this.head, this.#config);
  }

  /** Switches dropout on or off. That of a frozen encoder stays off: it gives the same in training as in prediction. */
  train(training: boolean): void {
    this.network.train(training);
    if (this.choices.isEncoderFrozen) this.network.encoder.eval();
  }

  /** From now on, until it is told otherwise, all of the group's ranks make the same calls, and share their work. */
  shareInference(group: ProcessGroup | undefined): void {
    this.#group = group;
  }

  read(source: RowInput, options: ReadOptions): Promise<Types["rows"]> {
    return this.head.read(this, source, options);
  }

  batch(rows: Types["rows"], items: readonly number[], context: BatchContext): Types["batch"] {
    return this.head.batch(this, rows, items, context);
  }

  counts(batch: Types["batch"]): Counts {
    return this.head.counts(this, batch);
  }

  prepareUpdate(batches: readonly Types["batch"][], restartDropout: () => void): void {
    this.head.prepareUpdate?.(this, batches, restartDropout);
  }

  loss(batch: Types["batch"], totals: Totals): Tensor {
    return this.lossOnDevice(onDevice(batch, this.compute.device), totals);
  }

  /** As `TaskHead.loss`. */
  lossOnDevice(batch: OnDevice<Types["batch"]>, totals: Totals): Tensor {
    return this.head.loss(this, batch, totals);
  }

  /** As `TaskHead.rounded`; null where the encoder reads some of the batch's tokens in a way of their own. */
  rounded(batch: Types["batch"]): Types["batch"] | null {
    if (!this.network.encoder.countsAllTokens(batch.packed)) return null;
    return this.head.rounded?.(batch) ?? null;
  }

  /** As `EpochMining.mine`, of a head that has it. @param rows those of the training */
  mine(rows: Types["rows"], context: MiningContext, signal?: AbortSignal): Promise<number[]> {
    this.train(false);
    return this.head.mining!.mine(this, rows, context, signal);
  }

  /** As `TaskHead.settle`. @param rows those of the training */
  async settle(rows: Types["rows"], signal?: AbortSignal): Promise<void> {
    if (this.head.settle === undefined) return;
    this.train(false);
    await this.head.settle(this, rows, signal);
  }

  evaluate(rows: Types["rows"], signal?: AbortSignal): Promise<Types["evaluation"]> {
    this.train(false);
    return this.head.evaluate(this, rows, signal);
  }

  /** @param mayCut whether inputs of more tokens than the model reads are cut; otherwise they are refused. Default: true */
  predict(
    inputs: readonly Types["input"][],
    options: Types["predictOptions"],
    signal?: AbortSignal,
    mayCut = true,
  ): Promise<Types["prediction"][]> {
    this.train(false);
    if (!mayCut) return predictWhole(this.head, this, inputs, options, signal);
    return this.head.predict(this, inputs, options, signal);
  }

  /** As `TaskHead.judge`. */
  judge(rows: Types["rows"], signal?: AbortSignal): Promise<JudgedPart[][]> {
    this.train(false);
    return this.head.judge!(this, rows, signal);
  }

  /**
   * The same model, with other names for its labels; it shares the weights, and is not disposed itself.
   *
   * @throws ERR_OPTION for names that do not fit
   */
  labelled(names: NewLabels): TaskModel<Types> {
    const { head, checkpoint } = this;
    const json = { ...checkpoint.json, ...head.fields(this.#config) };
    const renamed = withLabels({ ...checkpoint, json }, names);
    const config = head.stored(renamed, this.maxSeqLength);
    return new TaskModel({ ...this, config, weights: this.#weights, calibration: this.#calibration });
  }

  /** Takes over what the evaluation of its last weights says, once, when training is over. */
  adopt(evaluation: Types["evaluation"]): void {
    this.#config = this.head.adopt?.(this.#config, evaluation) ?? this.#config;
  }

  /** From now on its predictions are those of a model that is calibrated by these rows. */
  async calibrate(
    rows: Types["rows"],
    choices: CalibrationChoices,
    signal?: AbortSignal,
  ): Promise<ModelCalibration> {
    this.train(false);
    this.#calibration = await this.head.calibrate!(this, rows, choices, signal);
    return this.#calibration;
  }

  /** Why it says what it says of an input. @throws ERR_OPTION for a model in int8, and for choices of other tasks; as `TaskHead.explain` */
  async explain(
    input: Types["input"],
    { steps, ...choices }: ExplainSettings,
    signal?: AbortSignal,
  ): Promise<Explanation> {
    const { compute, tokenizer, network, checkpoint, head } = this;
    if (compute.int8) {
      const what = '"float32" or "bfloat16", which have gradients,';
      throw expected(what, "the dtype that the model of explain() is loaded with", "int8");
    }
    refuseOtherTasksChoices(head.spec.name, head.spec.explainedBy, choices);
    const explained = await head.explain(this, input, choices, signal);
    const { encoding, output } = explained;
    const attributions = await integratedGradients(
      network,
      { sequence: encoding, isSpecial: (token) => encoding.wordIds[token] === null, output },
      { device: compute.device, paddingId: checkpoint.encoder.paddingId ?? 0, steps, signal },
    );
    return explanationOf(explained, attributions, (id) => tokenizer.idToToken(id)!);
  }

  infer(
    sequences: readonly PackableSequence[],
    signal?: AbortSignal,
    options: object = {},
  ): Promise<Float32Array[]> {
    const infer = (some: readonly PackableSequence[]) => this.#inference.infer(some, options, signal);
    return this.#group ? inferTogether(sequences, this.#group, infer) : infer(sequences);
  }

  /** What the card of a saved copy says of its training. */
  remember(training: CardTraining): void {
    this.#training = training;
  }

  /** What `save` writes. */
  toSave({ terms, report, newVectors }: SavedBeside = {}): ModelToSave {
    const { head, maxSeqLength } = this;
    return {
      checkpoint: withVectors(this.checkpoint, newVectors, maxSeqLength),
      head: head.kind,
      fields: head.fields(this.#config),
      maxSeqLength,
      weights: this.#weights,
      calibration: this.#calibration && { task: head.spec.name, calibration: this.#calibration },
      card: { use: head.spec.card, training: this.#training, terms },
      report,
    };
  }

  /** See `saveModel` and `withVectors`. */
  async save(output: OutputDirectory, beside?: SavedBeside): Promise<void> {
    const { saveModel } = await import("../checkpoint/save-model.js");
    return saveModel(output, this.toSave(beside));
  }

  dispose(): void {
    this.#weights.dispose();
  }
}
