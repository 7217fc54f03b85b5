import { isHistogramDue } from "../options/tensorboard-options.js";
import type { Run } from "./start-run.js";

/** What is due after so many updates. */
type Due = (run: Pick<Run, "settings" | "totalSteps">, step: number) => boolean;

export const isLogDue: Due = ({ settings, totalSteps }, step) =>
  step % settings.logEvery === 0 || step === totalSteps;

/** The evaluation after the last update is made in any case, when training is over. */
export const isEvaluationDue: Due = ({ settings: { evaluateEvery }, totalSteps }, step) =>
  evaluateEvery !== undefined && step % evaluateEvery === 0 && step > 0 && step < totalSteps;

export const isSnapshotDue: Due = ({ settings }, step) => step % settings.snapshotEvery === 0;

export const isAnythingDue: Due = (run, step) =>
  isLogDue(run, step) ||
  isEvaluationDue(run, step) ||
  isSnapshotDue(run, step) ||
  isHistogramDue(run.settings, step);
