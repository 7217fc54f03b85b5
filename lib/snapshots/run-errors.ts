import { LibbertError } from "../errors.js";
import { Divergence } from "../train/divergence.js";

/** How far a run was when it ended, and what there is to go on from. */
export interface EndOfRun {
  /** Updates made. */
  step: number;
  /** Of the newest snapshot; undefined where there is none. */
  snapshotStep: number | undefined;
}

/** Where a run was that writes its output directory alone. */
export interface EndOfStoredRun extends EndOfRun {
  outputDir: string;
  /** The phase that was trained, from 1; null where there is one alone. */
  phase: number | null;
}

/** A divergence, a full disk and the like, with where the run was and what there is to go on from; other errors as they are. */
export function explained(error: unknown, end: EndOfStoredRun): unknown {
  if (error instanceof LibbertError && error.code === "ERR_NON_FINITE") return diverged(error, end);
  if (!(error instanceof Error && "syscall" in error)) return error;
  const { outputDir, step, snapshotStep } = end;
  const wayOn =
    snapshotStep === undefined ? "" : `; resuming goes on from the snapshot of step ${snapshotStep}`;
  return new LibbertError(
    "ERR_RUNTIME",
    `${outputDir}: The run stopped after step ${step}: ${error.message}${wayOn}`,
    { cause: error },
  );
}

function diverged(error: LibbertError, end: EndOfStoredRun): LibbertError {
  const cause = error instanceof Divergence ? (error.cause as LibbertError) : error;
  const where = end.phase === null ? "" : `Phase ${end.phase}: `;
  const wayOn = wayOnAfterDivergence(end);
  const ending = wayOn === undefined ? "" : `; ${wayOn}`;
  return new LibbertError("ERR_NON_FINITE", `${where}${cause.message}${ending}`, { cause });
}

/** The weights go with the run: what counts is whether there is a snapshot from before they were spoilt. */
export function wayOnAfterDivergence({ step, snapshotStep }: EndOfRun): string | undefined {
  if (snapshotStep === undefined || snapshotStep >= step) return undefined;
  return `resume: true with changeSchedule: true goes on from the snapshot of step ${snapshotStep}, from before`;
}
