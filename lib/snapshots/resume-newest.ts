import type { Compute } from "../tensor/compute.js";
import { computedOn } from "./computed-on.js";
import { noticeOrderOfSums } from "./order-of-sums.js";
import type { RunSnapshots } from "./run-snapshots.js";
import { type Change, noticeOfChange } from "./settings-changes.js";
import type { ProgressOf, RunState } from "./snapshot-state.js";

/** What decides whether a run may go on from a snapshot. */
export interface Resuming<State extends RunState> {
  compute: Compute;
  /** The settings that are others than the snapshot's. @throws ERR_OPTION for one that may not */
  changesSince(state: State): Change[];
  /** What else is to be said where there are some. */
  onChanges?(state: State): void;
  notify(message: string): void;
}

/** Puts back what the newest intact snapshot has, and says what is different; null where there is none. */
export async function resumeNewest<State extends RunState>(
  snapshots: RunSnapshots<State>,
  { compute, changesSince, onChanges, notify }: Resuming<State>,
): Promise<ProgressOf<State> | null> {
  const snapshot = await snapshots.newest(notify);
  if (snapshot === null) return null;
  const { state, restore } = snapshot;
  const changes = changesSince(state);
  for (const change of changes) notify(noticeOfChange(change, state.step));
  if (changes.length > 0) onChanges?.(state);
  const now = computedOn(compute);
  noticeOrderOfSums([{ before: state.computedOn, now }], notify);
  restore();
  const { optimizerSteps: _steps, copies: _copies, ...progress } = state;
  return { ...progress, computedOn: now };
}

export const NOTHING_TO_RESUME = "there is no snapshot to resume from: the run begins at step 0";

/** Says what becomes of the learning rate where a run goes on with another schedule. */
export function noticeRates(
  step: number,
  { before, next }: { before: number | undefined; next: number | undefined },
  notify: (message: string) => void,
): void {
  if (before === undefined || next === undefined) return;
  const [from, to] = [before, next].map((rate) => rate.toExponential(2));
  notify(`the learning rate was ${from} in update ${step} and is ${to} in update ${step + 1}`);
}
