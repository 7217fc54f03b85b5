import { z } from "zod";
import { deviceOption, dtypeOption } from "../options/compute-options.js";
import { newLabelsOption } from "../options/label-options.js";
import { optionMeta } from "../options/option.js";
import { TASK_NAMES } from "../tasks/find-spec.js";

/** Options of `loadModel()`. */
export const loadOptions = z.strictObject({
  task: z
    .enum([...TASK_NAMES, "features"])
    .optional()
    .describe("what the model must be for")
    .register(optionMeta, { defaultText: "what its files say" }),
  labels: newLabelsOption,
  device: deviceOption,
  dtype: dtypeOption,
});

export type LoadSettings = z.output<typeof loadOptions>;
