import { z } from "zod";
import { deviceOption, dtypeOption } from "./compute-options.js";
import { maskPredictOptions } from "./masked-words/prediction.js";

/** Options of `fillMask()` and of `libbert fill-mask`. */
export const fillMaskOptions = z.strictObject({
  model: z.string().min(1).describe("directory of a model with a masked-word head"),
  texts: z.array(z.string()).min(1).describe("texts with one or more [MASK] in them"),
  ...maskPredictOptions.shape,
  device: deviceOption,
  dtype: dtypeOption,
});

export type FillMaskSettings = z.output<typeof fillMaskOptions>;
