import { expected } from "../errors.js";

/** How the rate falls after the warm-up. */
export type ScheduleName = "linear" | "constant" | "cosine" | "polynomial";

/** The course of the learning rate over a run. */
export interface Schedule {
  /** How it falls after the warm-up. */
  name: ScheduleName;
  /** The highest rate, reached at the end of the warm-up. */
  learningRate: number;
  /** Updates over which it rises from 0. */
  warmupSteps: number;
  /** Updates of the run. */
  totalSteps: number;
}

/**
 * Updates over which the rate rises, as transformers counts them: a share of all, rounded up. A run of a single update has
 * none: the first rate of a warm-up is 0, and nothing would be learned.
 */
export function warmupStepsOf(warmupRatio: number, totalSteps: number): number {
  return totalSteps === 1 ? 0 : Math.ceil(warmupRatio * totalSteps);
}

/**
 * The learning rate of an update: a linear rise from 0 over the warm-up, then a linear fall to 0, a constant, half a
 * cosine to 0 (these equal to transformers' `get_scheduler`), or a fall as the square root of the share that is left,
 * as the LAMB recipes have it.
 *
 * @param step updates made so far, from 0
 */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { name, learningRate, warmupSteps, totalSteps } = schedule;
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  const progress = Math.min((step - warmupSteps) / Math.max(1, totalSteps - warmupSteps), 1);
  if (name === "constant") return learningRate;
  if (name === "polynomial") return learningRate * Math.sqrt(1 - progress);
  if (name === "linear") return learningRate * (1 - progress);
  if (name === "cosine") return (learningRate * (1 + Math.cos(Math.PI * progress))) / 2;
  throw expected('"linear", "constant", "cosine" or "polynomial"', "name", name);
}
