import type { Evaluation } from "../tasks/evaluation.js";
import type { TaskBatch } from "../tasks/head.js";
import { deviceMemory } from "../tensor/device.js";
import { Throughput } from "../train/throughput.js";
import type { UpdateReport } from "../train/train.js";
import type { BestState } from "./best-state.js";
import type { Mined } from "./epoch-rows.js";
import type { FineTuneResult, History } from "./events.js";
import { type FineTuneContext, worldOf } from "./run-context.js";
import type { RunPlan } from "./run-plan.js";
import type { Course } from "./run-state.js";

/** Records what a training does, and reports it. */
export class TrainingLog {
  readonly throughput = new Throughput();
  /** Whether `patience` ended the training before its last update. */
  stoppedEarly = false;
  /** For the epoch that was begun last; null where nothing is mined. */
  mined: Mined | null = null;
  #history: History = { steps: [], evaluations: [] };
  #lastMetrics: Evaluation | null = null;
  #firstStep = 0; // of this process

  constructor(
    readonly plan: RunPlan,
    readonly best: BestState,
    readonly context: FineTuneContext,
    readonly device: string,
  ) {}

  /** Updates made. */
  get step(): number {
    return this.#history.steps.length;
  }

  /** All that is recorded, for a later process. */
  get course(): Course {
    const { best, stoppedEarly, mined } = this;
    return { ...this.#history, lastMetrics: this.#lastMetrics, best: best.course, stoppedEarly, mined };
  }

  /** Goes on where an earlier process was. */
  goOnFrom({ steps, evaluations, lastMetrics, best, stoppedEarly, mined }: Course): void {
    this.#history = { steps, evaluations };
    this.#lastMetrics = lastMetrics;
    this.best.goOnFrom(best);
    this.stoppedEarly = stoppedEarly;
    this.mined = mined;
    this.#firstStep = steps.length;
  }

  /** Whether the weights after the last update were measured. */
  get isEvaluated(): boolean {
    return this.#history.evaluations.at(-1)?.step === this.step;
  }

  /** One update. */
  logUpdate({ batches, lossParts: _, ...report }: UpdateReport<TaskBatch>): void {
    const { size } = worldOf(this.context); // whose parts of a batch are equal
    for (const { packed } of batches)
      this.throughput.add(size * (packed.cuSeqlens.length - 1), size * packed.inputIds.length);
    const { stepsPerEpoch, totalSteps } = this.plan;
    const { step } = report;
    const epoch = Math.ceil(step / stepsPerEpoch);
    this.#history.steps.push({ ...report, epoch });
    const { seconds, sequencesPerSecond, tokensPerSecond } = this.throughput;
    const memory = deviceMemory(this.device);
    this.context.emit({
      type: "step",
      ...report,
      epoch,
      totalSteps,
      sequencesPerSecond,
      tokensPerSecond,
      remainingSeconds: (seconds / (step - this.#firstStep)) * (totalSteps - step),
      residentMemory: process.memoryUsage.rss(),
      ...(memory && { memory }),
    });
  }

  /** An evaluation of the weights after so many updates. */
  logEvaluation(metrics: Evaluation, step: number): void {
    const epoch = step / this.plan.stepsPerEpoch;
    const { report: _, ...figures } = metrics;
    this.#lastMetrics = metrics;
    this.best.consider(metrics, step);
    this.#history.evaluations.push({ step, epoch, metrics: figures });
    this.context.emit({ type: "evaluation", step, epoch, metrics: figures });
  }

  /** What it came to, or, after a divergence, how far it came. */
  result(seed: number): FineTuneResult {
    const { steps } = this.#history;
    const lastEpoch = steps.filter(({ epoch }) => epoch === steps.at(-1)?.epoch);
    const hasBest = this.best.weights !== null && this.best.metrics !== null;
    return {
      history: this.#history,
      metrics: hasBest ? this.best.metrics : this.#lastMetrics,
      trainLoss: lastEpoch.reduce((sum, { loss }) => sum + loss, 0) / lastEpoch.length,
      metric: this.best.criterion.metric,
      steps: steps.length,
      bestStep: hasBest ? this.best.step : steps.length,
      stoppedEarly: this.stoppedEarly,
      sequencesPerSecond: this.throughput.sequencesPerSecond,
      tokensPerSecond: this.throughput.tokensPerSecond,
      seed,
    };
  }
}
