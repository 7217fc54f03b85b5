import type { RunClock } from "../budget/clock.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS, type World } from "../distributed/partition.js";
import type { OutputDirectory } from "../files/output-directory.js";
import type { Board } from "../tensorboard/board.js";
import type { FineTuneEvent } from "./events.js";

/** How a run talks to the outside. */
export interface FineTuneContext {
  signal?: AbortSignal;
  /** When the caller began to wait, which a budget of time counts from. Default: when the run begins */
  clock?: RunClock;
  emit(event: FineTuneEvent): void;
  /** The run's processes, where there are several: each has the same rows, and rank 0 writes all files. */
  group?: ProcessGroup;
  /** Where TensorBoard looks, while one model of the run is trained. */
  board?: Board;
  /** Where a run that saves no model keeps its snapshots, for whoever called it: they are left there when it is over. */
  snapshotsIn?: string;
  /** Of the process that writes the run's files, where there are any; it is kept once a model is saved. */
  log?: { keep(): void };
}

/** Where a run keeps what it needs to go on. */
export interface RunStore {
  /** The folder of its snapshots. */
  folder: string;
  /** Null on ranks that do not write: all read. */
  output: OutputDirectory | null;
}

/** This process among those of the run. */
export function worldOf({ group }: Pick<FineTuneContext, "group">): World {
  return group ?? SINGLE_PROCESS;
}

/** What stops this process alone: ranks stop together, between two updates. */
export function ownSignal({
  group,
  signal,
}: Pick<FineTuneContext, "group" | "signal">): AbortSignal | undefined {
  return group ? undefined : signal;
}

/** Whether this process writes the run's files. */
export function isLeader(context: Pick<FineTuneContext, "group">): boolean {
  return worldOf(context).rank === 0;
}
