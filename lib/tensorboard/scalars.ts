import type { RunEvaluation, RunStep } from "../train/events.js";
import type { Summary } from "./messages.js";

/** The figures of an update, and the memory of the process. */
export function stepScalars(event: RunStep): Summary[] {
  const { type: _, step: _step, totalSteps: _total, residentMemory, ...figures } = event;
  const memory = { ...figures.memory, process: residentMemory };
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
