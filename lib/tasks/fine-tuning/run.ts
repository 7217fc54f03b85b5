import { DataParallel } from "../../distributed/data-parallel.js";
import { UNDIVIDED } from "../../distributed/deal.js";
import { AdamW } from "../../optim/adamw.js";
import { learningRateAt, type Schedule } from "../../optim/schedule.js";
import { deviceMemory } from "../../tensor/device.js";
import { Divergence } from "../../train/divergence.js";
import { Throughput } from "../../train/throughput.js";
import { train, type UpdateReport } from "../../train/train.js";
import { BestState } from "./best-state.js";
import { checkMetric } from "./metric-order.js";
import type { SizedSettings } from "./micro-batch-size.js";
import type { Evaluation, FineTuneResult, History } from "./progress.js";
import type { PreparedTask, RunContext } from "./task.js";
import type { TaskModel } from "./task-model.js";
import { epochUpdates, type TaskBatch, updatesPerEpoch } from "./updates.js";

/** Updates that a GPU computes between two looks at their losses. */
const UPDATES_PER_REPORT = 10;

/** One training of one model on a task's rows, with what it has to remember. */
export class FineTuningRun implements Disposable {
  readonly #history: History = { steps: [], evaluations: [] };
  readonly #throughput = new Throughput();
  readonly #stepsPerEpoch: number;
  readonly #totalSteps: number;
  readonly #best: BestState;
  readonly #loadsBest: boolean;
  #lastMetrics: Evaluation | null = null;
  #stoppedEarly = false;

  /** @throws ERR_OPTION when the task has no such metric */
  constructor(
    readonly model: TaskModel,
    readonly settings: SizedSettings,
    readonly prepared: PreparedTask,
    readonly context: RunContext,
  ) {
    const rowsPerUpdate = settings.batchSize * this.#division.size;
    this.#stepsPerEpoch = updatesPerEpoch(prepared.train.lengths.length, rowsPerUpdate);
    this.#totalSteps = settings.epochs * this.#stepsPerEpoch;
    const metric = checkMetric(settings.metric ?? model.metrics[0]!, model.metrics);
    this.#loadsBest = settings.loadBest ?? (settings.patience !== undefined || settings.seeds !== undefined);
    this.#best = new BestState(metric, model.parameters, this.#loadsBest);
  }

  /** Which share of every batch is this process's. */
  get #division() {
    return this.context.group ?? UNDIVIDED;
  }

  /**
   * @throws the signal's reason; Divergence, whose message says what the model is left with
   */
  async run(): Promise<FineTuneResult> {
    this.#announce();
    await this.#train();
    this.context.signal?.throwIfAborted();
    if (this.#loadsBest) this.#best.restore();
    const result = this.result();
    if (result.metrics) this.model.adopt(result.metrics);
    return result;
  }

  /** What the run came to, or, after a divergence, how far it came. */
  result(): FineTuneResult {
    const { steps } = this.#history;
    const lastEpoch = steps.filter(({ epoch }) => epoch === steps.at(-1)?.epoch);
    const hasBest = this.#loadsBest && this.#best.metrics !== null;
    return {
      history: this.#history,
      metrics: hasBest ? this.#best.metrics : this.#lastMetrics,
      trainLoss: lastEpoch.reduce((sum, { loss }) => sum + loss, 0) / lastEpoch.length,
      metric: this.#best.metric,
      steps: steps.length,
      bestStep: hasBest ? this.#best.step : steps.length,
      stoppedEarly: this.#stoppedEarly,
      sequencesPerSecond: this.#throughput.sequencesPerSecond,
      tokensPerSecond: this.#throughput.tokensPerSecond,
      seed: this.settings.seed,
    };
  }

  [Symbol.dispose](): void {
    this.#best.dispose();
  }

  #announce(): void {
    const { labels, compute } = this.model;
    this.context.emit({
      type: "start",
      rows: this.prepared.train.rows,
      labels: [...labels],
      epochs: this.settings.epochs,
      totalSteps: this.#totalSteps,
      ...compute,
    });
  }

  async #train(): Promise<void> {
    const { settings, model, context } = this;
    using ranks = context.group && new DataParallel(context.group, model.parameters, settings);
    const options = {
      weightDecay: settings.weightDecay,
      ...(settings.optimizer === "bert-adam" && { biasCorrection: false, eps: 1e-6 }),
    };
    const optimizer = new AdamW(model.parameters, options, ranks);
    const schedule: Schedule = {
      name: settings.schedule,
      learningRate: settings.learningRate,
      warmupSteps: Math.ceil(settings.warmupRatio * this.#totalSteps),
      totalSteps: this.#totalSteps,
    };
    model.shareInference(context.group);
    model.train(true);
    try {
      await train<TaskBatch>({
        parameters: model.parameters,
        optimizer,
        learningRate: (step) => learningRateAt(step, schedule),
        updates: this.#updates(),
        counts: (batch) => model.counts(batch),
        loss: (batch, totals) => model.loss(batch, totals),
        maxGradNorm: settings.maxGradNorm,
        gradientCheckpointing: settings.gradientCheckpointing,
        ranks,
        seed: settings.seed,
        signal: context.signal,
        ...(model.compute.device !== "cpu" && { isReportDue: (step) => this.#isReportDue(step) }),
        onUpdate: (report, batches) => this.#onUpdate(report, batches),
      });
    } finally {
      model.shareInference(undefined);
      optimizer.dispose();
      model.parameters.freeGradients();
    }
  }

  /** The batches of every epoch; each epoch ends with an evaluation. */
  async *#updates(): AsyncGenerator<TaskBatch[]> {
    const { model, settings, prepared } = this;
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      for (const batches of epochUpdates(model, prepared.train, settings, epoch, this.#division)) {
        if (this.#stoppedEarly) return;
        yield batches;
      }
      await this.#evaluate(epoch + 1, (epoch + 1) * this.#stepsPerEpoch);
    }
  }

  /** On a GPU: every few updates, and where an evaluation follows. */
  #isReportDue(step: number): boolean {
    const { evaluateEvery } = this.settings;
    const isEvaluated = step % this.#stepsPerEpoch === 0 || (evaluateEvery && step % evaluateEvery === 0);
    return step % UPDATES_PER_REPORT === 0 || Boolean(isEvaluated);
  }

  async #onUpdate({ lossParts: _, ...report }: UpdateReport, batches: TaskBatch[]): Promise<void> {
    const { size } = this.#division; // whose shares are equal
    for (const { packed } of batches)
      this.#throughput.add(size * (packed.cuSeqlens.length - 1), size * packed.inputIds.length);
    const { step } = report;
    const epoch = Math.ceil(step / this.#stepsPerEpoch);
    this.#history.steps.push({ ...report, epoch });
    const { seconds, sequencesPerSecond, tokensPerSecond } = this.#throughput;
    const memory = deviceMemory(this.model.compute.device);
    this.context.emit({
      type: "step",
      ...report,
      epoch,
      totalSteps: this.#totalSteps,
      sequencesPerSecond,
      tokensPerSecond,
      remainingSeconds: (seconds / step) * (this.#totalSteps - step),
      ...(memory && { memory }),
    });
    const { evaluateEvery } = this.settings;
    if (evaluateEvery !== undefined && step % evaluateEvery === 0 && step % this.#stepsPerEpoch !== 0) {
      await this.#evaluate(step / this.#stepsPerEpoch, step);
    }
  }

  async #evaluate(epoch: number, step: number): Promise<void> {
    const { model, context, settings } = this;
    const { validation } = this.prepared;
    if (!validation) return;
    const signal = context.group ? undefined : context.signal; // ranks stop together, between two updates
    const metrics = await this.#throughput.exclude(() => model.evaluate(validation, signal));
    model.train(true);
    this.#lastMetrics = metrics;
    this.#best.consider(metrics, step);
    const { report: _, ...figures } = metrics;
    this.#history.evaluations.push({ step, epoch, metrics: figures });
    context.emit({ type: "evaluation", step, epoch, metrics: figures });
    if (settings.patience !== undefined && this.#best.withoutImprovement >= settings.patience)
      this.#stoppedEarly = true;
  }
}

/** A divergence goes back to weights that are good; whether that is worth keeping. */
export function leftGoodWeights(error: unknown): error is Divergence {
  return error instanceof Divergence && error.lastGoodStep !== null;
}
