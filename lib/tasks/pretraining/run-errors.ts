import { LibbertError } from "../../errors.js";
import type { Divergence } from "../../train/divergence.js";

/** Where a run was when it ended, and what there is to go on from. */
export interface EndOfRun {
  outputDir: string;
  /** Updates made. */
  step: number;
  /** Of the newest snapshot; undefined where there is none. */
  snapshotStep: number | undefined;
}

/** A full disk and the like, with where the run was and what there is to go on from; other errors as they are. */
export function explained(error: unknown, { outputDir, step, snapshotStep }: EndOfRun): unknown {
  if (!(error instanceof Error && "syscall" in error)) return error;
  const wayOn =
    snapshotStep === undefined ? "" : `; resuming goes on from the snapshot of step ${snapshotStep}`;
  return new LibbertError(
    "ERR_RUNTIME",
    `${outputDir}: The run stopped after step ${step}: ${error.message}${wayOn}`,
    { cause: error },
  );
}

/**
 * The weights go with the run: what counts is whether there is a snapshot from before they were spoilt.
 *
 * @param phase from 1; undefined where there is one alone
 */
export function diverged(
  { cause }: Divergence,
  phase: number | undefined,
  { step, snapshotStep }: EndOfRun,
): LibbertError {
  const where = phase === undefined ? "" : `Phase ${phase}: `;
  const isFromBefore = snapshotStep !== undefined && snapshotStep < step;
  const wayOn = isFromBefore
    ? `; resume: true with changeSchedule: true goes on from the snapshot of step ${snapshotStep}, from before`
    : "";
  return new LibbertError("ERR_NON_FINITE", `${where}${(cause as Error).message}${wayOn}`, { cause });
}
