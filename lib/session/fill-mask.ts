import type { z } from "zod";
import { fillMaskOptions } from "../tasks/fill-mask-options.js";
import type { MaskPrediction } from "../tasks/masked-words/prediction.js";
import { parseOptions } from "../tasks/parse-options.js";
import { ComputeSession } from "./compute-session.js";

export type FillMaskOptions = z.input<typeof fillMaskOptions>;

/**
 * The likeliest tokens for every `[MASK]` in some texts (paper, section 3.1, task 1).
 *
 * ```ts
 * const [[best]] = (await fillMask({ model: "dir", texts: ["The sky is [MASK]."] }))[0]!; // { token: "blue", score: 0.4 }
 * ```
 *
 * @returns for each text, for each of its masks, `topK` tokens, the likeliest first
 * @throws LibbertError ERR_CHECKPOINT when the model has no masked-word head, ERR_DATA when a text has no `[MASK]`
 */
export async function fillMask(options: FillMaskOptions): Promise<MaskPrediction[][][]> {
  const settings = parseOptions(fillMaskOptions, options);
  const session = new ComputeSession();
  try {
    return await session.request("fillMask", () => settings);
  } finally {
    await session.close();
  }
}
