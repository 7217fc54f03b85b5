import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EncodedExamples } from "../data/encoded-examples.js";
import { labelIds, trainingLabels } from "../data/labels.js";
import { epochBatches } from "../data/order.js";
import { packSequences } from "../data/packing.js";
import { expected, type LibbertError } from "../errors.js";
import type { BertConfig } from "../models/bert-config.js";
import { AdamW } from "../optim/adamw.js";
import type { BertTokenizer } from "../tokenizer/bert-tokenizer.js";
import { Divergence } from "../train/divergence.js";
import { Throughput } from "../train/throughput.js";
import { train, type UpdateReport } from "../train/train.js";
import { chooseCompute } from "./compute.js";
import type { FineTuneSettings } from "./fine-tune-options.js";
import { prepareOutputDirectory } from "./output-directory.js";
import type { FineTuneResult, History, ProgressEvent } from "./progress.js";
import { readExamples } from "./read-examples.js";
import { type ClassificationBatch, openCheckpoint, TextClassifier } from "./text-classifier.js";

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
  const { outputDir, overwrite, maxSeqLength } = settings;
  if (outputDir !== undefined) prepareOutputDirectory(outputDir, overwrite);
  const compute = chooseCompute(settings.device, settings.dtype);
  const checkpoint = await openCheckpoint(settings.model);
  checkMaxSeqLength(maxSeqLength, checkpoint.config);

  const reading = { tokenizer: checkpoint.tokenizer, maxSeqLength };
  const examples = await readRows("train", settings, reading, context);
  const labels = trainingLabels(examples.labels, settings.labels);
  const classes = labelIds(examples, labels); // names a bad label before anything is computed
  const validation =
    settings.validation === undefined ? undefined : await readRows("validation", settings, reading, context);
  if (validation) labelIds(validation, labels);

  context.signal?.throwIfAborted();
  const classifier = TextClassifier.create(checkpoint, labels, { ...settings, compute });
  try {
    const run = new ClassificationRun(classifier, settings, examples, classes, validation, context);
    return { classifier, result: await run.run() };
  } catch (error) {
    classifier.dispose();
    throw error;
  }
}

function checkMaxSeqLength(maxSeqLength: number, { max_position_embeddings: longest }: BertConfig): void {
  if (maxSeqLength <= longest) return;
  throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
}

async function readRows(
  name: "train" | "validation",
  settings: FineTuneSettings,
  model: { tokenizer: BertTokenizer; maxSeqLength: number },
  { signal, emit }: RunContext,
): Promise<EncodedExamples> {
  const { columns, maxSeqLength } = settings;
  const limit = name === "train" ? settings.limit : undefined;
  const examples = await readExamples(settings[name]!, model, { name, columns, limit, signal });
  const { truncatedTexts, emptyTexts } = examples;
  const notice = (message: string) => emit({ type: "notice", message: `${name}: ${message}` });
  if (truncatedTexts > 0) notice(`texts cut to ${maxSeqLength} tokens: ${truncatedTexts}`);
  if (emptyTexts > 0) notice(`empty texts: ${emptyTexts}`);
  return examples;
}

/** One run of training with what it has to remember. */
class ClassificationRun {
  readonly #history: History = { steps: [], evaluations: [] };
  readonly #throughput = new Throughput();
  readonly #stepsPerEpoch: number;
  readonly #totalSteps: number;

  constructor(
    readonly classifier: TextClassifier,
    readonly settings: FineTuneSettings,
    readonly examples: EncodedExamples,
    readonly classes: Int32Array,
    readonly validation: EncodedExamples | undefined,
    readonly context: RunContext,
  ) {
    this.#stepsPerEpoch = Math.ceil(examples.encodings.length / settings.batchSize);
    this.#totalSteps = settings.epochs * this.#stepsPerEpoch;
  }

  async run(): Promise<FineTuneResult> {
    this.#announce();
    try {
      await this.#train();
    } catch (error) {
      if (error instanceof Divergence) await this.#keepLastGoodState(error);
      throw error;
    }
    this.context.signal?.throwIfAborted();
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
        updates: this.#updates(),
        counts: ({ labels }) => ({ rows: labels.length }),
        loss: (batch, totals) => classifier.lossSum(batch).div(totals.rows!),
        maxGradNorm: settings.maxGradNorm,
        seed: settings.seed,
        signal: context.signal,
        onUpdate: (report, batches) => this.#onUpdate(report, batches),
      });
    } finally {
      optimizer.dispose();
      classifier.parameters.freeGradients();
    }
  }

  /** The batches of every epoch; each epoch ends with an evaluation. */
  async *#updates(): AsyncGenerator<ClassificationBatch[]> {
    for (let epoch = 0; epoch < this.settings.epochs; epoch++) {
      yield* this.#batchesOf(epoch);
      await this.#evaluate(epoch + 1, (epoch + 1) * this.#stepsPerEpoch);
    }
  }

  /** The epoch's batches, each cut into micro-batches. */
  *#batchesOf(epoch: number): Generator<ClassificationBatch[]> {
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
    const { step } = report;
    const epoch = Math.ceil(step / this.#stepsPerEpoch);
    this.#history.steps.push({ ...report, epoch });
    const { seconds, sequencesPerSecond, tokensPerSecond } = this.#throughput;
    this.context.emit({
      type: "step",
      ...report,
      epoch,
      totalSteps: this.#totalSteps,
      sequencesPerSecond,
      tokensPerSecond,
      remainingSeconds: (seconds / step) * (this.#totalSteps - step),
    });
    const { evaluateEvery } = this.settings;
    if (evaluateEvery !== undefined && step % evaluateEvery === 0 && step % this.#stepsPerEpoch !== 0) {
      await this.#evaluate(step / this.#stepsPerEpoch, step);
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

  /** A run that diverged leaves the weights that it went back to. */
  async #keepLastGoodState(divergence: Divergence): Promise<void> {
    const { outputDir } = this.settings;
    if (divergence.lastGoodStep === null || outputDir === undefined) return;
    await this.#save(outputDir, { ...this.#result(), stopped: divergence.message });
    divergence.message += `. They are in ${outputDir}`;
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

  async #save(directory: string, outcome: object): Promise<void> {
    const { train: _train, validation: _validation, ...options } = this.settings;
    const report = { options, ...outcome };
    try {
      await this.classifier.save(directory, report);
    } catch (error) {
      throw await this.#saveElsewhere(error as LibbertError, report);
    }
    this.context.emit({ type: "saved", directory });
  }

  /** Hours of training must not be lost to a full disk. */
  async #saveElsewhere(error: LibbertError, report: object): Promise<LibbertError> {
    const refuge = mkdtempSync(join(tmpdir(), "libbert-"));
    try {
      await this.classifier.save(refuge, report);
      error.message += `. It was saved in ${refuge} instead`;
    } catch {
      rmSync(refuge, { recursive: true, force: true }); // no room there either: the first error says what to mend
    }
    return error;
  }
}
