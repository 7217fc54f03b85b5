import type { FineTuneSettings } from "../fine-tuning/options.js";
import { parseOptions } from "../options/parse-options.js";
import type { OptionsUnion } from "../options/schema.js";

/** Checked options of `fineTune()`, and what a call of the same tasks has of its own. */
export type Checked<Own = object> = FineTuneSettings & Own & { signal?: AbortSignal };

/** Checks the options of a call. The union's members are made from the specs: the compiler knows what they share by `Own` alone. */
export function parseCall<Own = object>(union: OptionsUnion, options: unknown): Checked<Own> {
  return parseOptions(union, options) as Checked<Own>;
}
