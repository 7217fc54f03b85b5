import type { ProcessGroup } from "../distributed/group.js";

export interface SnapshotTimesOptions {
  /** Updates between two snapshots. Default: they are not counted */
  snapshotEvery?: number;
  /** Minutes between two; 0: the clock does not count. */
  snapshotMinutes: number;
}

/** When a run's snapshots are due: after so many updates, and after so many minutes. */
export class SnapshotTimes {
  #since = performance.now();

  /** @param group the run's other processes, if there are any: the first one's clock counts */
  constructor(
    readonly options: SnapshotTimesOptions,
    readonly group: ProcessGroup | undefined,
  ) {}

  /** Whether one is due after so many updates, whatever the time is: known before they are made. */
  isPlanned(step: number): boolean {
    const { snapshotEvery } = this.options;
    return snapshotEvery !== undefined && step % snapshotEvery === 0;
  }

  /** Every rank has to ask at the same step. */
  isDue(step: number): boolean {
    if (this.isPlanned(step)) return true;
    const { snapshotMinutes } = this.options;
    if (snapshotMinutes === 0) return false;
    const isLate = this.minutes >= snapshotMinutes;
    if (!this.group) return isLate;
    return this.group.gather(Number(isLate))[0] === 1;
  }

  /** Since the last one, or since the run began. */
  get minutes(): number {
    return (performance.now() - this.#since) / 60_000;
  }

  /** One was written, or could not be: the next comes in its own time. */
  restart(): void {
    this.#since = performance.now();
  }
}
