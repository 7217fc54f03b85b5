import { z } from "zod";
import { predictionComputeOptions } from "../options/compute-options.js";
import { hubOptions } from "../options/hub-options.js";
import { newLabelsOption } from "../options/label-options.js";
import { optionMeta } from "../options/option.js";
import { TASK_NAMES } from "../tasks/find-spec.js";

const TASK = "what the model must be for";
const TASK_META = { defaultText: "what its files say" };

/** Options of `loadModel()`. */
export const loadOptions = z.strictObject({
  task: z
    .enum([...TASK_NAMES, "features"])
    .optional()
    .describe(TASK)
    .register(optionMeta, TASK_META),
  labels: newLabelsOption,
  ...hubOptions,
  ...predictionComputeOptions,
});

/** The same for a model of a task. */
export const taskModelOptions = loadOptions.extend({
  task: z.enum(TASK_NAMES).optional().describe(TASK).register(optionMeta, TASK_META),
});

export type LoadSettings = z.output<typeof loadOptions>;

/** What the caller of `loadModel()` does not say. */
export interface LoadContext {
  /** For a model that is about to be calibrated: what it has may be of other weights. */
  ignoreCalibration?: boolean;
}
