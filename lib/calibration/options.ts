import { z } from "zod";
import { optionMeta } from "../options/option.js";
import { SET_METHODS } from "./prediction-sets.js";

/** Options of `model.calibrate()` that say what is wanted. */
export const calibrationChoices = {
  precision: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe(
      "mark predictions as abstained below the lowest score from which on this share of the validation rows is predicted right",
    )
    .register(optionMeta, { defaultText: "none are marked" }),
  coverage: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("give sets of predictions, of regression intervals, this share of which holds what is right")
    .register(optionMeta, { defaultText: "none are given" }),
  sets: z
    .enum(SET_METHODS)
    .optional()
    .describe(
      "beside coverage: how sets are made. `lac` gives the smallest ones; `aps` larger ones for texts that are hard to tell",
    )
    .register(optionMeta, { defaultText: "`lac`" }),
};

export type CalibrationChoices = z.output<z.ZodObject<typeof calibrationChoices>>;

/** What a task's models can be given by calibration. */
export type CalibrationKind = "temperature" | "abstention" | "sets" | "interval";

/** The option of `fineTune()` of tasks whose predictions have a temperature. */
export const calibrateOption = z
  .boolean()
  .default(false)
  .describe(
    "after training, make scores probabilities to be believed: a temperature from the validation rows",
  );

/** The option of `model.predict()` of tasks that can be calibrated. */
export const rawOption = z
  .boolean()
  .default(false)
  .describe("predict as if the model had not been calibrated");
