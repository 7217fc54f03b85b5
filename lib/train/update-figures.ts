import { sumOf } from "../arrays.js";
import type { DataParallel } from "../distributed/data-parallel.js";
import { LibbertError } from "../errors.js";
import type { Tensor } from "../tensor/tensor.js";

/** What one update did. */
export interface UpdateReport<Batch = unknown> {
  /** Updates done, this one included. */
  step: number;
  /** Mean over everything the update counted. */
  loss: number;
  /** What adds up to the loss, where a task gives its parts; else the loss alone. */
  lossParts: number[];
  /** Before clipping. */
  gradientNorm: number;
  /** Of this update, as the loop's `learningRate(step)` gave it. */
  learningRate: number;
  /** This process's micro-batches. */
  batches: readonly Batch[];
}

/** An update whose loss and gradient norm are still where they were computed: to read them is to wait for a GPU. */
interface Unread<Batch> {
  step: number;
  learningRate: number;
  loss: Tensor; // float64 [] or [parts]
  gradientNorm: Tensor; // float64 []
  batches: readonly Batch[];
}

/** The figures of updates between the device, which computes them, and whoever is told of them. */
export class UpdateFigures<Batch> {
  readonly #ranks: DataParallel | undefined;
  #unread: Unread<Batch>[] = [];
  #reports: UpdateReport<Batch>[] = [];

  /** @param ranks over which losses and norms are summed */
  constructor(ranks?: DataParallel) {
    this.#ranks = ranks;
  }

  /** Takes over the tensors. */
  add(update: Unread<Batch>): void {
    this.#unread.push(update);
  }

  /**
   * Waits for the device.
   *
   * @throws ERR_NON_FINITE for the first update whose loss or gradient is not finite; ERR_DISTRIBUTED where a sum over the ranks
   *   failed
   */
  read(): void {
    for (let update = this.#unread.shift(); update !== undefined; update = this.#unread.shift()) {
      const { step, learningRate, batches } = update;
      using loss = update.loss;
      using gradientNorm = update.gradientNorm;
      const lossParts = Array.from(loss.toArray());
      const report = {
        step,
        loss: sumOf(lossParts),
        lossParts,
        gradientNorm: gradientNorm.item(),
        learningRate,
        batches,
      };
      this.#ranks?.group.check();
      if (!Number.isFinite(report.loss) || !Number.isFinite(report.gradientNorm)) throw nonFinite(report);
      this.#reports.push(report);
    }
  }

  /** The reports that were read since the last call, in order. */
  take(): UpdateReport<Batch>[] {
    return this.#reports.splice(0);
  }

  dispose(): void {
    for (const { loss, gradientNorm } of this.#unread.splice(0)) {
      loss.dispose();
      gradientNorm.dispose();
    }
  }
}

function nonFinite({ step, loss, gradientNorm }: UpdateReport): LibbertError {
  return new LibbertError(
    "ERR_NON_FINITE",
    `The loss became ${loss} and the gradient's norm ${gradientNorm} at step ${step}: ` +
      "a lower learning rate or a longer warm-up usually fixes it",
  );
}
