import type { RunEvaluation, RunStep } from "../train/events.js";
import type { Summary } from "./messages.js";

/** The figures of an update, and the memory of the process. */
export function stepScalars({ type: _, step: _step, totalSteps: _total, ...figures }: RunStep): Summary[] {
  const memory = { ...figures.memory, process: process.memoryUsage.rss() };
  return scalarsOf("train", { ...figures, memory });
}

export function evaluationScalars({ metrics }: RunEvaluation<object>): Summary[] {
  return scalarsOf("evaluation", metrics);
}

/** Figures under `train/loss`; those of an object in it under `memory/peak`. What is no number is left out. */
function scalarsOf(prefix: string, figures: object): Summary[] {
  return Object.entries(figures).flatMap(([name, value]: [string, unknown]): Summary[] => {
    if (typeof value === "number") return [{ tag: `${prefix}/${name}`, scalar: value }];
    return typeof value === "object" && value !== null ? scalarsOf(name, value) : [];
  });
}
