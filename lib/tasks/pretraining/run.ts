import type { PretrainingBatch, PretrainingDataOptions } from "../../data/pretraining/pretraining-epoch.js";
import type { DataParallel } from "../../distributed/data-parallel.js";
import { UNDIVIDED } from "../../distributed/deal.js";
import { writeStaged } from "../../files/staged-directory.js";
import { AdamW } from "../../optim/adamw.js";
import { Lamb } from "../../optim/lamb.js";
import type { Optimizer } from "../../optim/optimizer.js";
import { learningRateAt, type Schedule } from "../../optim/schedule.js";
import { deviceMemory } from "../../tensor/device.js";
import { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import { Divergence } from "../../train/divergence.js";
import { StoppedByRank, train, type UpdateReport } from "../../train/train.js";
import { checkSameComputation, computationOf } from "./computation.js";
import { evaluateHeldOut } from "./held-out.js";
import { InstanceStream } from "./instance-stream.js";
import type { Phase, PretrainSettings } from "./options.js";
import type { Pretrainer } from "./pretrainer.js";
import type { PretrainEvent, PretrainMetrics, PretrainResult } from "./progress.js";
import { diverged, type EndOfRun, explained } from "./run-errors.js";
import { RunLog } from "./run-log.js";
import { RunMeter } from "./run-meter.js";
import { RunSnapshots } from "./run-snapshots.js";
import { EMPTY_INTERVAL, type RunState } from "./run-state.js";
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
  /** The run's other processes, if there are any. Rank 0 writes all files. */
  ranks: DataParallel | undefined;
  dataOptions: Omit<PretrainingDataOptions, "seed" | "maxSeqLength">;
}

/** One pre-training: its phases, with log, evaluations and snapshots. */
export class PretrainingRun implements Disposable {
  readonly #optimizer: Optimizer;
  readonly #snapshots: RunSnapshots;
  readonly #totalSteps: number;
  readonly #state: Omit<RunState, "optimizerSteps">;
  #log: RunLog | undefined;
  #meter: RunMeter | undefined;
  #stream: InstanceStream | undefined; // of the phase

  constructor(
    readonly parts: RunParts,
    readonly context: PretrainContext,
  ) {
    const { settings, phases, pretrainer, ranks } = parts;
    this.#optimizer = optimizerOf(settings, pretrainer, ranks);
    const { parameters } = pretrainer;
    const tensors = { parameters, optimizer: this.#optimizer, ranks };
    this.#snapshots = new RunSnapshots(settings.outputDir, tensors, settings.keepSnapshots);
    this.#totalSteps = phases.reduce((sum, { steps }) => sum + steps, 0);
    this.#state = {
      step: 0,
      interval: { ...EMPTY_INTERVAL },
      trainLoss: null,
      settings: computationOf(settings, parts.corpora, pretrainer.compute, ranks?.group.size ?? 1),
    };
  }

  /** Which share of every batch is this process's. */
  get #division() {
    return this.parts.ranks?.group ?? UNDIVIDED;
  }

  get #isLeader(): boolean {
    return this.#division.rank === 0;
  }

  async run(): Promise<PretrainResult> {
    if (this.parts.settings.resume) await this.#resume();
    else this.#snapshots.clear();
    const { step, settings } = this.#state;
    await this.parts.ranks?.group.compare("first step", { "step to go on from": step, ...settings });
    this.#log = new RunLog(this.parts.settings.outputDir, this.#state.step, this.#totalSteps, this.#isLeader);
    this.#meter = new RunMeter(this.#state, this.#totalSteps, this.#division.size);
    this.#announce();
    try {
      // Where an evaluation was interrupted, the snapshot to go on from is of its step.
      if (this.#isToEvaluate() && !this.#log.hasEvaluation(this.#state.step)) await this.#evaluate();
      await this.#trainPhases();
      const metrics = await this.#evaluate();
      await this.#save();
      return {
        metrics,
        trainLoss: this.#state.trainLoss!,
        tokensPerSecond: this.#meter.tokensPerSecond,
        steps: this.#state.step,
        outputDir: this.parts.settings.outputDir,
      };
    } catch (error) {
      const isStopped = error === this.context.signal?.reason || error instanceof StoppedByRank;
      if (!isStopped) throw explained(error, this.#end);
      await this.#snapshotToResumeFrom();
      this.parts.ranks?.group.barrier(); // the launcher must not see a rank end before the snapshot is there
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#optimizer.dispose();
  }

  async #resume(): Promise<void> {
    const notify = (message: string) => this.context.emit({ type: "notice", message });
    const snapshot = await this.#snapshots.newest(notify);
    if (snapshot === null) return notify("there is no snapshot to resume from: the run begins at step 0");
    const { state: stored, restore } = snapshot;
    const { settings } = this.#state;
    const { changeSchedule } = this.parts.settings;
    for (const { name, before, now } of checkSameComputation(stored.settings, settings, changeSchedule)) {
      notify(
        `after step ${stored.step}, ${name} is ${JSON.stringify(now)} instead of ${JSON.stringify(before)}`,
      );
    }
    restore();
    Object.assign(this.#state, { ...stored, settings });
  }

  #announce(): void {
    const { corpora, pretrainer } = this.parts;
    const { documents, tokens } = corpora[0]!.train;
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
    let phaseStart = 0;
    for (const [index, { steps }] of this.parts.phases.entries()) {
      const firstStep = this.#state.step - phaseStart;
      if (firstStep < steps) await this.#trainPhase(index, firstStep);
      phaseStart += steps;
    }
  }

  async #trainPhase(index: number, firstStep: number): Promise<void> {
    const { phases, pretrainer, settings } = this.parts;
    const phase = phases[index]!;
    const seed = settings.seed + index * PHASE_SEED_STRIDE;
    const schedule: Schedule = {
      name: phase.schedule,
      learningRate: phase.learningRate,
      warmupSteps: Math.ceil(phase.warmupRatio * phase.steps),
      totalSteps: phase.steps,
    };
    const stepsBefore = this.#state.step - firstStep; // of the phases before
    pretrainer.train(true);
    try {
      await train<PretrainingBatch>({
        parameters: pretrainer.parameters,
        optimizer: this.#optimizer,
        learningRate: (step) => learningRateAt(step, schedule),
        firstStep,
        updates: this.#updates(index, firstStep, seed),
        counts: (batch) => pretrainer.counts(batch),
        loss: (batch, totals) => pretrainer.loss(batch, totals),
        lossParts: pretrainer.lossParts,
        maxGradNorm: settings.maxGradNorm,
        ranks: this.parts.ranks,
        seed,
        signal: this.context.signal,
        ...(pretrainer.compute.device !== "cpu" && {
          isReportDue: (step) => this.#isReportDue(stepsBefore + step),
        }),
        onUpdate: (report, batches) => this.#onUpdate(report, batches, index),
      });
    } catch (error) {
      if (!(error instanceof Divergence)) throw error;
      throw diverged(error, phases.length > 1 ? index + 1 : undefined, this.#end);
    }
  }

  *#updates(index: number, firstStep: number, seed: number): Generator<PretrainingBatch[]> {
    const { batchSize, microBatchSize, maxSeqLength, steps } = this.parts.phases[index]!;
    const options = { ...this.parts.dataOptions, maxSeqLength, seed };
    const stream = new InstanceStream(this.parts.corpora[index]!.train, options);
    this.#stream = stream;
    const group = this.parts.ranks?.group;
    const size = batchSize * this.#division.size;
    for (let step = firstStep; step < steps; step++)
      yield stream.batches(step * size, size, microBatchSize, group);
  }

  async #onUpdate(report: UpdateReport, batches: PretrainingBatch[], phase: number): Promise<void> {
    const { settings } = this.parts;
    const state = this.#state;
    state.step++;
    this.#meter!.count(report, batches);
    const isLast = state.step === this.#totalSteps;
    if (state.step % settings.logEvery === 0 || isLast) this.#writeLog(report.learningRate, phase);
    if (this.#isToEvaluate()) await this.#evaluate();
    if (state.step % settings.snapshotEvery === 0) await this.#snapshot();
  }

  /** On a GPU: where the losses are looked at, or the weights are. */
  #isReportDue(step: number): boolean {
    const { logEvery, snapshotEvery } = this.parts.settings;
    return step % logEvery === 0 || step % snapshotEvery === 0 || this.#isToEvaluate(step);
  }

  /** Whether there is an evaluation after this step; the one after the last is made in any case. */
  #isToEvaluate(step = this.#state.step): boolean {
    const { evaluateEvery } = this.parts.settings;
    return evaluateEvery !== undefined && step % evaluateEvery === 0 && step > 0 && step < this.#totalSteps;
  }

  #writeLog(learningRate: number, phase: number): void {
    const { pretrainer, ranks } = this.parts;
    const figures = this.#meter!.takeFigures();
    const memory = deviceMemory(pretrainer.compute.device);
    const event = {
      type: "log",
      step: this.#state.step,
      totalSteps: this.#totalSteps,
      phase: phase + 1,
      ...figures,
      nspLoss: pretrainer.objective === "mlm+nsp" ? figures.nspLoss : null,
      randomPairShare: this.#stream!.randomPairShare,
      learningRate,
      ...(memory && { memory }),
      ...(ranks && { reduction: ranks.takeReductionTime() }),
    } as const;
    this.#state.trainLoss = figures.loss;
    this.#log!.write(event);
    this.context.emit(event);
  }

  /** On the last phase's validation split, if it has one. */
  async #evaluate(): Promise<PretrainMetrics | null> {
    const { corpora, phases, settings, pretrainer, ranks } = this.parts;
    const { validation } = corpora.at(-1)!;
    if (validation === null) return null;
    const options = {
      ...phases.at(-1)!,
      sequences: settings.evaluationSequences,
      signal: this.context.signal,
      group: ranks?.group,
    };
    const metrics = await this.#meter!.exclude(() => evaluateHeldOut(pretrainer, validation, options));
    const event = { type: "evaluation", step: this.#state.step, metrics } as const;
    this.#log!.write(event);
    this.context.emit(event);
    return metrics;
  }

  async #snapshot(): Promise<void> {
    await this.#meter!.exclude(() => this.#snapshots.write(this.#state));
    this.context.emit({ type: "snapshot", step: this.#state.step });
  }

  /** An interruption loses nothing. Where no snapshot can be written, the interruption is still what ended the run. */
  async #snapshotToResumeFrom(): Promise<void> {
    const { step } = this.#state;
    if (step === this.#snapshots.newestStep) return;
    try {
      await this.#snapshot();
    } catch (error) {
      const message = `the snapshot of step ${step} could not be written: ${(error as Error).message}`;
      this.context.emit({ type: "notice", message });
    }
  }

  get #end(): EndOfRun {
    const { outputDir } = this.parts.settings;
    return { outputDir, step: this.#state.step, snapshotStep: this.#snapshots.newestStep };
  }

  async #save(): Promise<void> {
    if (!this.#isLeader) return;
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

function optimizerOf(
  { optimizer, weightDecay }: PretrainSettings,
  { parameters }: Pretrainer,
  ranks: DataParallel | undefined,
): Optimizer {
  if (optimizer === "lamb") return new Lamb(parameters, { weightDecay }, ranks);
  if (optimizer === "adamw") return new AdamW(parameters, { weightDecay }, ranks);
  return new AdamW(parameters, { weightDecay, biasCorrection: false, eps: 1e-6 }, ranks);
}
