import type { FlatParameters } from "../optim/flat-parameters.js";
import { type Evaluation, figureOf } from "../tasks/evaluation.js";
import { isBetter } from "../tasks/find-spec.js";
import type { Direction } from "../tasks/spec.js";
import { WeightSnapshot } from "../train/weight-snapshot.js";

/** A figure of an evaluation, and which way it is better. */
export interface Criterion {
  metric: string;
  direction: Direction;
}

/** The best evaluation of a run so far, with the weights that it was of. */
export class BestState {
  metrics: Evaluation | null = null;
  step = 0;
  #evaluationsSince = 0;
  readonly #weights: WeightSnapshot | null;

  /** @param keepsWeights whether `restore` will be asked for */
  constructor(
    readonly criterion: Criterion,
    parameters: FlatParameters,
    readonly keepsWeights: boolean,
  ) {
    this.#weights = keepsWeights ? new WeightSnapshot(parameters) : null;
  }

  /** Looks at the evaluation of the weights as they are after `step` updates. */
  consider(metrics: Evaluation, step: number): void {
    if (this.metrics !== null && !isBetterEvaluation(this.criterion, metrics, this.metrics)) {
      this.#evaluationsSince++;
      return;
    }
    this.metrics = metrics;
    this.step = step;
    this.#evaluationsSince = 0;
    this.#weights?.take(step);
  }

  /** Whether the best evaluation lies so many evaluations back, or more. */
  isBehind(patience: number | undefined): boolean {
    return patience !== undefined && this.#evaluationsSince >= patience;
  }

  /** Puts the best weights back. */
  restore(): void {
    this.#weights?.restore();
  }

  dispose(): void {
    this.#weights?.dispose();
  }
}

export function isBetterEvaluation(
  { metric, direction }: Criterion,
  evaluation: Evaluation,
  than: Evaluation,
): boolean {
  return isBetter(direction, figureOf(evaluation, metric), figureOf(than, metric));
}
