import type { PretrainingBatch } from "../data/pretraining/pretraining-epoch.js";
import { Throughput } from "../train/throughput.js";
import type { UpdateReport } from "../train/train.js";
import type { PretrainStep } from "./events.js";
import { EMPTY_INTERVAL, type RunProgress } from "./run-state.js";

/** Means over the updates since the last line of the log, and how fast they were made. */
export type IntervalFigures = Pick<
  PretrainStep,
  "loss" | "mlmLoss" | "gradientNorm" | "tokensPerSecond" | "remainingSeconds"
> & { nspLoss: number };

/** What a run's updates come to, and their speed since the process began. */
export class RunMeter {
  readonly #throughput = new Throughput();
  readonly #firstStep: number;
  #tokensSinceLine = 0;
  #secondsAtLine = 0;

  /**
   * @param state the run's; its sums of the interval are kept here
   * @param processes whose equal shares of a batch are counted with this one's
   */
  constructor(
    readonly state: Pick<RunProgress, "step" | "interval">,
    readonly totalSteps: number,
    readonly processes: number,
  ) {
    this.#firstStep = state.step;
  }

  get tokensPerSecond(): number {
    return this.#throughput.tokensPerSecond;
  }

  /** Runs something that is no training outside the measured time. */
  exclude<T>(work: () => Promise<T>): Promise<T> {
    return this.#throughput.exclude(work);
  }

  count({ lossParts, gradientNorm, batches }: UpdateReport<PretrainingBatch>): void {
    const { interval } = this.state;
    const [mlmLoss, nspLoss = 0] = lossParts;
    interval.updates++;
    interval.mlmLoss += mlmLoss!;
    interval.nspLoss += nspLoss;
    interval.gradientNorm += gradientNorm;
    for (const { packed } of batches) {
      const tokens = this.processes * packed.inputIds.length;
      this.#throughput.add(this.processes * (packed.cuSeqlens.length - 1), tokens);
      this.#tokensSinceLine += tokens;
    }
  }

  /** The figures of a line; a new interval begins. */
  takeFigures(): IntervalFigures {
    const { step, interval } = this.state;
    const { seconds } = this.#throughput;
    const [mlmLoss, nspLoss] = [interval.mlmLoss / interval.updates, interval.nspLoss / interval.updates];
    const secondsPerStep = seconds / (step - this.#firstStep);
    const figures = {
      loss: mlmLoss + nspLoss,
      mlmLoss,
      nspLoss,
      gradientNorm: interval.gradientNorm / interval.updates,
      tokensPerSecond: this.#tokensSinceLine / (seconds - this.#secondsAtLine),
      remainingSeconds: secondsPerStep * (this.totalSteps - step),
    };
    this.state.interval = { ...EMPTY_INTERVAL };
    this.#tokensSinceLine = 0;
    this.#secondsAtLine = seconds;
    return figures;
  }
}
