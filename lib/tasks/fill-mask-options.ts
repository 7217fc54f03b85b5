import { z } from "zod";
import { deviceOption, dtypeOption } from "./compute-options.js";

/** Options of `fillMask()` and of `libbert fill-mask`. */
export const fillMaskOptions = z.strictObject({
  model: z.string().min(1).describe("directory of a model with a masked-word head"),
  texts: z.array(z.string()).min(1).describe("texts with one or more [MASK] in them"),
  topK: z.int().positive().max(1000).default(5).describe("how many tokens to show for each mask"),
  device: deviceOption,
  dtype: dtypeOption,
});

export type FillMaskSettings = z.output<typeof fillMaskOptions>;

/** A token that may stand at a mask, and its probability. */
export interface MaskPrediction {
  token: string;
  score: number;
}
