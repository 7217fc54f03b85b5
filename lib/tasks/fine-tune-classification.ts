import { type ClassificationExample, readClassificationExamples } from "../data/classification-rows.js";
import { type EncodedExamples, encodeExamples } from "../data/encoded-examples.js";
import { labelIds, trainingLabels } from "../data/labels.js";
import { epochBatches } from "../data/order.js";
import { packSequences } from "../data/packing.js";
import type { RowSource } from "../data/readers/rows.js";
import { LibbertError } from "../errors.js";
import { AdamW } from "../optim/adamw.js";
import { BertTokenizer } from "../tokenizer/bert-tokenizer.js";
import { Throughput } from "../train/throughput.js";
import { train, type UpdateReport } from "../train/train.js";
import type { FineTuneSettings } from "./fine-tune-options.js";
import { prepareOutputDirectory } from "./output-directory.js";
import type { FineTuneResult, History, ProgressEvent } from "./progress.js";
import { type ClassificationBatch, TextClassifier } from "./text-classifier.js";

/** How a run talks to the outside. */
export interface RunContext {
  signal?: AbortSignal;
  emit(event: ProgressEvent): void;
}

export interface FineTuned {
  classifier: TextClassifier;
  result: FineTuneResult;
}

/** Fine-tunes a pre-trained model to classify single texts or pairs: reads the rows, trains, evaluates, saves. */
export async function fineTuneClassification(
  settings: FineTuneSettings,
  context: RunContext,
): Promise<FineTuned> {
  if (settings.outputDir !== undefined) prepareOutputDirectory(settings.outputDir, settings.overwrite);
  const tokenizer = await BertTokenizer.load(settings.model);
  const examples = await readExamples(settings.train, "training", settings, tokenizer, context);
  const labels = trainingLabels(examples.labels, settings.labels);
  const classes = labelIds(examples, labels); // names a bad label before anything is computed
  const validation =
    settings.validation === undefined
      ? undefined
      : await readExamples(settings.validation, "validation", settings, tokenizer, context);
  if (validation) labelIds(validation, labels);

  context.signal?.throwIfAborted();
  const classifier = TextClassifier.create(settings.model, tokenizer, labels, settings);
  try {
    const run = new ClassificationRun(classifier, settings, examples, classes, validation, context);
    return { classifier, result: await run.run() };
  } catch (error) {
    classifier.dispose();
    throw error;
  }
}

async function readExamples(
  source: RowSource,
  name: string,
  { columns, limit, maxSeqLength }: FineTuneSettings,
  tokenizer: BertTokenizer,
  context: RunContext,
): Promise<EncodedExamples> {
  const rows = readClassificationExamples(source, {
    columns,
    limit: name === "training" ? limit : undefined,
  });
  const examples = await encodeExamples(untilAborted(rows, context.signal), tokenizer, {
    maxLength: maxSeqLength,
  });
  const { truncatedTexts, emptyTexts } = examples;
  if (truncatedTexts > 0) {
    context.emit({
      type: "notice",
      message: `${truncatedTexts} ${name} texts were cut to ${maxSeqLength} tokens`,
    });
  }
  if (emptyTexts > 0) context.emit({ type: "notice", message: `${emptyTexts} ${name} texts are empty` });
  return examples;
}

async function* untilAborted(rows: AsyncIterable<ClassificationExample>, signal?: AbortSignal) {
  for await (const row of rows) {
    signal?.throwIfAborted();
    yield row;
  }
}

/** One run of training with what it has to remember. */
class ClassificationRun {
  readonly #history: History = { steps: [], evaluations: [] };
  readonly #throughput = new Throughput();
  readonly #totalSteps: number;

  constructor(
    readonly classifier: TextClassifier,
    readonly settings: FineTuneSettings,
    readonly examples: EncodedExamples,
    readonly classes: Int32Array,
    readonly validation: EncodedExamples | undefined,
    readonly context: RunContext,
  ) {
    this.#totalSteps = settings.epochs * Math.ceil(examples.encodings.length / settings.batchSize);
  }

  async run(): Promise<FineTuneResult> {
    this.#announce();
    try {
      await this.#train();
    } catch (error) {
      throw await this.#keepLastGoodState(error);
    }
    const result = this.#result();
    if (this.settings.outputDir !== undefined) await this.#save(this.settings.outputDir, result);
    return result;
  }

  #announce(): void {
    const { labels, compute } = this.classifier;
    this.context.emit({
      type: "start",
      rows: this.examples.encodings.length,
      labels: [...labels],
      epochs: this.settings.epochs,
      totalSteps: this.#totalSteps,
      ...compute,
    });
  }

  async #train(): Promise<void> {
    const { settings, classifier, context } = this;
    const optimizer = new AdamW(classifier.parameters, {
      weightDecay: settings.weightDecay,
      ...(settings.optimizer === "bert-adam" && { biasCorrection: false, eps: 1e-6 }),
    });
    classifier.train(true);
    try {
      await train<ClassificationBatch>({
        parameters: classifier.parameters,
        optimizer,
        schedule: {
          name: settings.schedule,
          learningRate: settings.learningRate,
          warmupSteps: Math.ceil(settings.warmupRatio * this.#totalSteps),
          totalSteps: this.#totalSteps,
        },
        epochs: settings.epochs,
        updates: (epoch) => this.#updates(epoch),
        accumulates: (settings.microBatchSize ?? settings.batchSize) < settings.batchSize,
        lossSum: (batch) => classifier.lossSum(batch),
        lossCount: (batch) => batch.labels.length,
        maxGradNorm: settings.maxGradNorm,
        seed: settings.seed,
        signal: context.signal,
        onUpdate: (report, batches) => this.#onUpdate(report, batches),
        onEpochEnd: (epochs, step) => this.#evaluate(epochs, step),
      });
    } finally {
      optimizer.dispose();
      classifier.parameters.freeGradients();
    }
  }

  /** The epoch's batches, each cut into micro-batches. */
  *#updates(epoch: number): Generator<ClassificationBatch[]> {
    const { encodings } = this.examples;
    const { batchSize, seed, groupByLength, microBatchSize = batchSize } = this.settings;
    const lengths = encodings.map(({ inputIds }) => inputIds.length);
    let sequenceId = epoch * encodings.length;
    for (const rows of epochBatches(lengths, { batchSize, seed, epoch, groupByLength })) {
      const microBatches: ClassificationBatch[] = [];
      for (let start = 0; start < rows.length; start += microBatchSize) {
        const members = Array.from(rows.subarray(start, start + microBatchSize));
        microBatches.push({
          packed: packSequences(
            members.map((row) => encodings[row]!),
            members.map(() => sequenceId++),
          ),
          labels: Int32Array.from(members, (row) => this.classes[row]!),
        });
      }
      yield microBatches;
    }
  }

  async #onUpdate(report: UpdateReport, batches: ClassificationBatch[]): Promise<void> {
    for (const { packed, labels } of batches) this.#throughput.add(labels.length, packed.inputIds.length);
    const { step, epoch, loss, gradientNorm, learningRate } = report;
    this.#history.steps.push({ step, epoch, loss, gradientNorm, learningRate });
    const { seconds, sequencesPerSecond, tokensPerSecond } = this.#throughput;
    this.context.emit({
      type: "step",
      ...report,
      totalSteps: this.#totalSteps,
      sequencesPerSecond,
      tokensPerSecond,
      remainingSeconds: (seconds / step) * (this.#totalSteps - step),
    });
    const { evaluateEvery } = this.settings;
    const stepsPerEpoch = this.#totalSteps / this.settings.epochs;
    if (evaluateEvery !== undefined && step % evaluateEvery === 0 && step % stepsPerEpoch !== 0) {
      await this.#evaluate(step / stepsPerEpoch, step);
    }
  }

  async #evaluate(epoch: number, step: number): Promise<void> {
    const { validation, classifier, context } = this;
    if (!validation) return;
    const metrics = await this.#throughput.exclude(() => classifier.evaluate(validation, context.signal));
    classifier.train(true);
    this.#history.evaluations.push({ step, epoch, metrics });
    context.emit({ type: "evaluation", step, epoch, metrics });
  }

  /** A diverged run leaves the weights of its last good step behind; the error says where. */
  async #keepLastGoodState(error: unknown): Promise<unknown> {
    const { outputDir } = this.settings;
    const diverged = error instanceof LibbertError && error.code === "ERR_NON_FINITE";
    if (!diverged || outputDir === undefined) return error;
    await this.#save(outputDir, this.#result());
    return new LibbertError(
      error.code,
      `${error.message}. The weights of the step before are in ${outputDir}`,
      {
        cause: error,
      },
    );
  }

  #result(): FineTuneResult {
    const { steps, evaluations } = this.#history;
    const lastEpoch = steps.filter(({ epoch }) => epoch === steps.at(-1)?.epoch);
    return {
      history: this.#history,
      metrics: evaluations.at(-1)?.metrics ?? null,
      trainLoss: lastEpoch.reduce((sum, { loss }) => sum + loss, 0) / lastEpoch.length,
      steps: steps.length,
      sequencesPerSecond: this.#throughput.sequencesPerSecond,
      tokensPerSecond: this.#throughput.tokensPerSecond,
    };
  }

  async #save(directory: string, result: FineTuneResult): Promise<void> {
    const { train: _train, validation: _validation, ...options } = this.settings;
    await this.classifier.save(directory, { options, ...result });
    this.context.emit({ type: "saved", directory });
  }
}
