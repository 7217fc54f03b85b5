import { learningRateAt, type Schedule, warmupStepsOf } from "../optim/schedule.js";
import type { Phase } from "./options.js";

export function scheduleOf({ schedule, learningRate, warmupRatio, steps }: Phase): Schedule {
  const warmupSteps = warmupStepsOf(warmupRatio, steps);
  return { name: schedule, learningRate, warmupSteps, totalSteps: steps };
}

/** The rate of an update, counted from 0 over all phases; undefined where there is none. */
export function rateAt(step: number, phases: readonly Phase[]): number | undefined {
  let first = 0;
  for (const phase of phases) {
    if (step >= first && step < first + phase.steps) return learningRateAt(step - first, scheduleOf(phase));
    first += phase.steps;
  }
  return undefined;
}
