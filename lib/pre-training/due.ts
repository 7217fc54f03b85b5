import { isHistogramDue } from "../options/tensorboard-options.js";
import type { Run } from "./start-run.js";

/** What is due after so many updates. */
type Due = (run: Pick<Run, "settings" | "totalSteps">, step: number) => boolean;

export const isLogDue: Due = ({ settings, totalSteps }, step) =>
  step % settings.logEvery === 0 || step === totalSteps;

/** The evaluation after the last update is made in any case, when training is over. */
export const isEvaluationDue: Due = ({ settings: { evaluateEvery }, totalSteps }, step) =>
  evaluateEvery !== undefined && step % evaluateEvery === 0 && step > 0 && step < totalSteps;

export const isAnythingDue = (run: Pick<Run, "settings" | "totalSteps" | "times">, step: number): boolean =>
  isLogDue(run, step) ||
  isEvaluationDue(run, step) ||
  run.times.isPlanned(step) ||
  isHistogramDue(run.settings, step);
