import type { FlatParameters } from "../../optim/flat-parameters.js";
import { WeightSnapshot } from "../../train/weight-snapshot.js";
import { isBetter, metricOf } from "./metric-order.js";
import type { Evaluation } from "./progress.js";

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
