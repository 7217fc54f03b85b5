import { rmSync } from "node:fs";
import { join } from "node:path";
import { newestSnapshot, writeSnapshot } from "../../checkpoint/run-snapshot.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../../data/pretraining/pretraining-epoch.js";
import { LibbertError } from "../../errors.js";
import { writeStaged } from "../../files/staged-directory.js";
import { AdamW } from "../../optim/adamw.js";
import { Lamb } from "../../optim/lamb.js";
import type { Optimizer } from "../../optim/optimizer.js";
import { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import { Divergence } from "../../train/divergence.js";
import { train, type UpdateReport } from "../../train/train.js";
import { InstanceStream } from "./instance-stream.js";
import type { Phase, PretrainSettings } from "./options.js";
import type { Pretrainer } from "./pretrainer.js";
import type { PretrainEvent, PretrainMetrics, PretrainResult } from "./progress.js";
import { RunLog } from "./run-log.js";
import { type RunState, readRunState, restoreTensors, writeRunState } from "./run-state.js";
import type { PhaseCorpora } from "./set-up.js";

/** How a run talks to the outside. */
export interface PretrainContext {
  signal?: AbortSignal;
  emit(event: PretrainEvent): void;
}

/** What a run is made of. */
export interface RunParts {
  settings: PretrainSettings;
  phases: readonly Phase[];
  /** For each phase. */
  corpora: readonly PhaseCorpora[];
  pretrainer: Pretrainer;
  dataOptions: Omit<PretrainingDataOptions, "seed" | "maxSeqLength">;
}

/** One pre-training: its phases, with log, evaluations and snapshots. */
export class PretrainingRun implements Disposable {
  readonly #optimizer: Optimizer;
  readonly #snapshots: string;
  readonly #totalSteps: number;
  readonly #state: RunState;
  #log: RunLog | undefined;
  #lastTrainLoss = Number.NaN;
  #tokens = 0;
  #tokensSinceLog = 0;
  #startedAt = 0;
  #loggedAt = 0;
  #firstStep = 0;
  #snapshotStep: number | undefined; // of the newest snapshot

  constructor(
    readonly parts: RunParts,
    readonly context: PretrainContext,
  ) {
    const { settings, phases, pretrainer } = parts;
    this.#optimizer = optimizerOf(settings, pretrainer);
    this.#snapshots = join(settings.outputDir, "snapshots");
    this.#totalSteps = phases.reduce((sum, { steps }) => sum + steps, 0);
    this.#state = {
      step: 0,
      optimizerSteps: 0,
      interval: { updates: 0, loss: 0, gradientNorm: 0 },
      settings: computationOf(settings),
    };
  }

  async run(): Promise<PretrainResult> {
    if (this.parts.settings.resume) await this.#resume();
    else rmSync(this.#snapshots, { recursive: true, force: true }); // of an older run: a later resume must not meet them
    this.#log = new RunLog(this.parts.settings.outputDir, this.#state.step);
    this.#announce();
    try {
      await this.#trainPhases();
    } catch (error) {
      const stopped = this.context.signal?.aborted && !(error instanceof Divergence);
      if (stopped && this.#state.step !== this.#snapshotStep) await this.#snapshot();
      throw error;
    }
    const metrics = this.#evaluate();
    await this.#save();
    return {
      metrics,
      trainLoss: this.#lastTrainLoss,
      tokensPerSecond: this.#tokens / ((performance.now() - this.#startedAt) / 1000),
      steps: this.#state.step,
      outputDir: this.parts.settings.outputDir,
    };
  }

  [Symbol.dispose](): void {
    this.#optimizer.dispose();
  }

  async #resume(): Promise<void> {
    const snapshot = await newestSnapshot(this.#snapshots, (damaged, why) =>
      this.context.emit({
        type: "notice",
        message: `passing over the snapshot ${damaged}, which is damaged: ${why}`,
      }),
    );
    if (snapshot === null) {
      this.context.emit({
        type: "notice",
        message: "there is no snapshot to resume from: the run begins at step 0",
      });
      return;
    }
    const stored = readRunState(snapshot);
    checkSameComputation(stored.settings, this.#state.settings);
    restoreTensors(snapshot, this.parts.pretrainer.parameters, this.#optimizer);
    this.#optimizer.steps = stored.optimizerSteps;
    Object.assign(this.#state, stored);
    this.#snapshotStep = stored.step;
  }

  #announce(): void {
    const { corpora, pretrainer } = this.parts;
    const { documents, tokens } = corpora[0]!.train;
    this.#firstStep = this.#state.step;
    this.#startedAt = this.#loggedAt = performance.now();
    this.context.emit({
      type: "start",
      firstStep: this.#state.step,
      totalSteps: this.#totalSteps,
      parameters: pretrainer.parameters.size,
      documents,
      tokens,
      ...pretrainer.compute,
    });
  }

  async #trainPhases(): Promise<void> {
    const { phases, pretrainer, settings } = this.parts;
    let phaseStart = 0;
    for (const [index, phase] of phases.entries()) {
      const firstStep = Math.max(0, this.#state.step - phaseStart);
      const seed = settings.seed + index * PHASE_SEED_STRIDE;
      pretrainer.train(true);
      await train<PretrainingBatch>({
        parameters: pretrainer.parameters,
        optimizer: this.#optimizer,
        schedule: {
          name: phase.schedule,
          learningRate: phase.learningRate,
          warmupSteps: Math.ceil(phase.warmupRatio * phase.steps),
          totalSteps: phase.steps,
        },
        firstStep,
        updates: this.#updates(index, firstStep, seed),
        accumulates: phase.microBatchSize < phase.batchSize,
        counts: (batch) => pretrainer.counts(batch),
        loss: (batch, totals) => pretrainer.loss(batch, totals),
        maxGradNorm: settings.maxGradNorm,
        seed,
        signal: this.context.signal,
        onUpdate: (report, batches) => this.#onUpdate(report, batches, index),
      });
      phaseStart += phase.steps;
    }
  }

  *#updates(index: number, firstStep: number, seed: number): Generator<PretrainingBatch[]> {
    const { batchSize, microBatchSize, maxSeqLength, steps } = this.parts.phases[index]!;
    const options = { ...this.parts.dataOptions, maxSeqLength, seed };
    const stream = new InstanceStream(this.parts.corpora[index]!.train, options);
    for (let step = firstStep; step < steps; step++)
      yield stream.batches(step * batchSize, batchSize, microBatchSize);
  }

  async #onUpdate(report: UpdateReport, batches: PretrainingBatch[], phase: number): Promise<void> {
    const { settings } = this.parts;
    const state = this.#state;
    state.step++;
    state.interval.updates++;
    state.interval.loss += report.loss;
    state.interval.gradientNorm += report.gradientNorm;
    for (const { packed } of batches) this.#tokensSinceLog += packed.inputIds.length;

    const isLast = state.step === this.#totalSteps;
    if (state.step % settings.logEvery === 0 || isLast) this.#writeLog(report.learningRate, phase);
    if (settings.evaluateEvery && state.step % settings.evaluateEvery === 0 && !isLast) this.#evaluate();
    if (state.step % settings.snapshotEvery === 0) await this.#snapshot();
  }

  #writeLog(learningRate: number, phase: number): void {
    const { step, interval } = this.#state;
    const now = performance.now();
    const secondsPerStep = (now - this.#startedAt) / 1000 / (step - this.#firstStep);
    this.#lastTrainLoss = interval.loss / interval.updates;
    const event = {
      type: "log",
      step,
      totalSteps: this.#totalSteps,
      phase: phase + 1,
      loss: this.#lastTrainLoss,
      gradientNorm: interval.gradientNorm / interval.updates,
      learningRate,
      tokensPerSecond: this.#tokensSinceLog / ((now - this.#loggedAt) / 1000),
      remainingSeconds: secondsPerStep * (this.#totalSteps - step),
    } as const;
    this.#state.interval = { updates: 0, loss: 0, gradientNorm: 0 };
    this.#tokens += this.#tokensSinceLog;
    this.#tokensSinceLog = 0;
    this.#loggedAt = now;
    this.#log!.write(event);
    this.context.emit(event);
  }

  /** Metrics on the first sequences of the last phase's validation split, the same ones each time. */
  #evaluate(): PretrainMetrics | null {
    const { corpora, phases, dataOptions, settings, pretrainer } = this.parts;
    const { validation } = corpora.at(-1)!;
    if (validation === null) return null;
    const { maxSeqLength, microBatchSize } = phases.at(-1)!;
    const epoch = new PretrainingEpoch(validation, { ...dataOptions, maxSeqLength, seed: settings.seed }, 0);
    const count = Math.min(settings.evaluationSequences, epoch.size);
    const metrics = pretrainer.evaluate(batchesOf(epoch, count, Math.min(microBatchSize, 64)));
    const event = { type: "evaluation", step: this.#state.step, metrics } as const;
    this.#log!.write(event);
    this.context.emit(event);
    return metrics;
  }

  async #snapshot(): Promise<void> {
    const { pretrainer, settings } = this.parts;
    const state = { ...this.#state, optimizerSteps: this.#optimizer.steps };
    await writeSnapshot(this.#snapshots, state.step, settings.keepSnapshots, (folder) =>
      writeRunState(folder, pretrainer.parameters, this.#optimizer, state),
    );
    this.#snapshotStep = state.step;
    this.context.emit({ type: "snapshot", step: state.step });
  }

  async #save(): Promise<void> {
    const { settings, pretrainer, corpora, phases } = this.parts;
    const tokenizer = await BertTokenizer.load(corpora[0]!.train.tokenizerDirectory);
    await writeStaged(settings.outputDir, async (staging) => {
      pretrainer.write(staging);
      await tokenizer.save(staging, {
        modelMaxLength: Math.max(...phases.map(({ maxSeqLength }) => maxSeqLength)),
      });
    });
    this.context.emit({ type: "saved", directory: settings.outputDir });
  }
}

/** Phases must not see the same pairs and masks again: each has a seed of its own. */
const PHASE_SEED_STRIDE = 1_000_003;

function* batchesOf(epoch: PretrainingEpoch, count: number, size: number): Generator<PretrainingBatch> {
  for (let first = 0; first < count; first += size) yield epoch.batch(first, Math.min(size, count - first));
}

function optimizerOf({ optimizer, weightDecay }: PretrainSettings, { parameters }: Pretrainer): Optimizer {
  if (optimizer === "lamb") return new Lamb(parameters, { weightDecay });
  if (optimizer === "adamw") return new AdamW(parameters, { weightDecay });
  return new AdamW(parameters, { weightDecay, biasCorrection: false, eps: 1e-6 });
}

/** The settings that decide what is computed; the others may differ between a run and its continuation. */
function computationOf(settings: PretrainSettings): Record<string, unknown> {
  const {
    resume,
    overwrite,
    snapshotEvery,
    keepSnapshots,
    logEvery,
    evaluateEvery,
    evaluationSequences,
    outputDir,
    ...rest
  } = settings;
  return JSON.parse(JSON.stringify(rest)); // as it comes back from a snapshot
}

function checkSameComputation(stored: Record<string, unknown>, asked: Record<string, unknown>): void {
  for (const name of new Set([...Object.keys(stored), ...Object.keys(asked)])) {
    const [before, now] = [JSON.stringify(stored[name]), JSON.stringify(asked[name])];
    if (before === now) continue;
    throw new LibbertError(
      "ERR_OPTION",
      `Expected ${before} for ${name}, as in the run to resume, but received ${now}`,
    );
  }
}
