import { expected } from "../../errors.js";
import type { FlatParameters } from "../../optim/flat-parameters.js";
import { WeightSnapshot } from "../../train/weight-snapshot.js";
import type { Evaluation } from "./progress.js";

/** Figures of which less is better; of all others more is. */
const LOWER_IS_BETTER = new Set(["loss", "perplexity", "meanSquaredError"]);

/** @throws ERR_OPTION when the task's evaluation has no such figure */
export function checkMetric(metric: string, known: readonly string[]): string {
  if (known.includes(metric)) return metric;
  throw expected(`one of ${known.join(", ")}`, "metric", metric);
}

/** Whether a figure is better than another. Any number is better than none. */
export function isBetter(metric: string, value: number, than: number): boolean {
  if (Number.isNaN(than)) return !Number.isNaN(value);
  return LOWER_IS_BETTER.has(metric) ? value < than : value > than;
}

export function metricOf(evaluation: Evaluation, metric: string): number {
  return (evaluation as unknown as Record<string, number>)[metric] ?? Number.NaN;
}

/** The best evaluation of a run so far, with the weights that it was of. */
export class BestState {
  metrics: Evaluation | null = null;
  step = 0;
  /** Evaluations since then. */
  withoutImprovement = 0;
  readonly #weights: WeightSnapshot | null;

  /** @param keepWeights whether `restore` will be asked for */
  constructor(
    readonly metric: string,
    parameters: FlatParameters,
    keepWeights: boolean,
  ) {
    this.#weights = keepWeights ? new WeightSnapshot(parameters) : null;
  }

  /** Looks at the evaluation of the weights as they are after `step` updates. */
  consider(metrics: Evaluation, step: number): void {
    const value = metricOf(metrics, this.metric);
    if (this.metrics !== null && !isBetter(this.metric, value, metricOf(this.metrics, this.metric))) {
      this.withoutImprovement++;
      return;
    }
    this.metrics = metrics;
    this.step = step;
    this.withoutImprovement = 0;
    this.#weights?.take(step);
  }

  /** Puts the best weights back. */
  restore(): void {
    this.#weights?.restore();
  }

  dispose(): void {
    this.#weights?.dispose();
  }
}
