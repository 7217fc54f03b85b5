import type { FlatParameters } from "../optim/flat-parameters.js";
import { type Evaluation, figureOf } from "../tasks/evaluation.js";
import { isBetter } from "../tasks/find-spec.js";
import type { Direction } from "../tasks/spec.js";
import { WeightSnapshot } from "../train/weight-snapshot.js";
import type { Course } from "./run-state.js";

/** A figure of an evaluation, and which way it is better. */
export interface Criterion {
  metric: string;
  direction: Direction;
}

/** The best evaluation of a run so far, with the weights that it was of. */
export class BestState {
  #course: Course["best"] = { metrics: null, step: 0, evaluationsSince: 0 };
  /** Null where `restore` will not be asked for. */
  readonly weights: WeightSnapshot | null;

  /** @param keepsWeights whether `restore` will be asked for */
  constructor(
    readonly criterion: Criterion,
    parameters: FlatParameters,
    keepsWeights: boolean,
  ) {
    this.weights = keepsWeights ? new WeightSnapshot(parameters) : null;
  }

  get metrics(): Evaluation | null {
    return this.#course.metrics;
  }

  get step(): number {
    return this.#course.step;
  }

  /** All but the weights. */
  get course(): Course["best"] {
    return this.#course;
  }

  /** Looks at the evaluation of the weights as they are after `step` updates. */
  consider(metrics: Evaluation, step: number): void {
    if (this.metrics !== null && !isBetterEvaluation(this.criterion, metrics, this.metrics)) {
      this.#course.evaluationsSince++;
      return;
    }
    this.#course = { metrics, step, evaluationsSince: 0 };
    this.weights?.take(step);
  }

  /** Whether the best evaluation lies so many evaluations back, or more. */
  isBehind(patience: number | undefined): boolean {
    return patience !== undefined && this.#course.evaluationsSince >= patience;
  }

  /** Goes on as an earlier process did; the weights are put back by whoever stored them. */
  goOnFrom(course: Course["best"]): void {
    this.#course = course;
  }

  /** Puts the best weights back. */
  restore(): void {
    this.weights?.restore();
  }

  dispose(): void {
    this.weights?.dispose();
  }
}

export function isBetterEvaluation(
  { metric, direction }: Criterion,
  evaluation: Evaluation,
  than: Evaluation,
): boolean {
  return isBetter(direction, figureOf(evaluation, metric), figureOf(than, metric));
}
