import type { FlatParameters } from "../optim/flat-parameters.js";
import { keep } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

/** A copy of the weights to go back to when training diverges: by then the running weights are spoilt already. */
export class WeightSnapshot {
  /** How many updates the copied weights had been through; null before the first copy. */
  step: number | null = null;
  #copies: Tensor[] = [];

  constructor(
    /** What is copied, and put back. */
    readonly parameters: FlatParameters,
  ) {}

  /** Copies the weights as they are after `step` updates. */
  take(step: number): void {
    const masters = this.parameters.groups.map(({ master }) => master);
    if (this.step === null) this.#copies = masters.map((master) => keep(master.clone()));
    else for (const [index, copy] of this.#copies.entries()) copy.copy_(masters[index]!);
    this.step = step;
  }

  /** A copy of each group's master, once there are some. */
  get buffers(): readonly Tensor[] {
    return this.#copies;
  }

  /** Puts the copied weights back, if there are any. */
  restore(): void {
    for (const [index, copy] of this.#copies.entries()) this.parameters.groups[index]!.master.copy_(copy);
    this.parameters.refreshWeights();
  }

  /** Frees the copies; the running weights stay. */
  dispose(): void {
    for (const copy of this.#copies) copy.dispose();
  }
}
