import type { AblationEvent, SearchEvent } from "./events.js";
import type { RangeEvent } from "./find-learning-rate-options.js";
import { settingText } from "./trials.js";

/** A trial of a search in words. */
export function trialLine({
  trial,
  trials,
  limit,
  settings,
  done,
}: Extract<SearchEvent, { type: "trial" }>): string {
  const rows = limit === null ? "" : ` on ${limit} rows`;
  const values = Object.entries(settings).map(([option, value]) => `${option} ${settingText(value)}`);
  return `Trial ${trial} of ${trials}${rows}: ${values.join(", ")}${done ? " (done before)" : ""}`;
}

/** A run of an ablation in words. */
export function ablationRunLine({
  run,
  runs,
  variant,
  seed,
  done,
}: Extract<AblationEvent, { type: "run" }>): string {
  return `Run ${run} of ${runs}: ${variant}, seed ${seed}${done ? " (done before)" : ""}`;
}

/** An update of a range test in words. */
export function rangeLine({ test, tests, step, updates, learningRate, loss }: RangeEvent): string {
  return `Test ${test} of ${tests}, update ${step} of ${updates}: lr ${learningRate.toExponential(2)}  loss ${loss.toFixed(4)}`;
}
