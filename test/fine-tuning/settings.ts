import { type FineTuneSettings, fineTuneOptions } from "../../lib/fine-tuning/options.js";
import type { FineTuneOptions } from "../../lib/index.js";
import { parseCall } from "../../lib/session/parse-call.js";

/** Options as a run gets them: checked, with defaults. */
export function settingsOf(options: FineTuneOptions): FineTuneSettings {
  return parseCall(fineTuneOptions, options);
}
