import type { OptionsUnion } from "../lib/options/schema.js";
import { fineTuneCall } from "../lib/session/fine-tune.js";
import { SPECS } from "../lib/tasks/find-spec.js";

/** The tasks whose `predict()` has options. */
export function withPredictOptions() {
  return SPECS.filter(({ predictOptions }) => Object.keys(predictOptions).length > 0);
}

/** Options of `fineTune()`, for every task, that a call of the same tasks does not have. */
export function omittedFrom({ options: members }: OptionsUnion): string[] {
  const all = new Set(fineTuneCall.options.flatMap((member) => Object.keys(member.shape)));
  const kept = new Set(members.flatMap((member) => Object.keys(member.shape)));
  return [...all].filter((name) => !kept.has(name));
}
