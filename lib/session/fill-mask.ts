import { z } from "zod";
import type { DownloadEvent } from "../hub/options.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { predictionComputeOptions } from "../options/compute-options.js";
import { hubOptions, MODEL } from "../options/hub-options.js";
import { loggerOption } from "../options/logger.js";
import { parseOptions } from "../options/parse-options.js";
import { pathField } from "../options/path-option.js";
import type { MaskPredictions } from "../tasks/specs.js";
import { maskedWords } from "../tasks/specs.js";
import { loadModel } from "./load-model.js";
import type { FillMaskOptions } from "./option-types.js";

/** Options of `fillMask()` and of `libbert fill-mask`. */
export const fillMaskOptions = z.strictObject({
  model: pathField().describe(`${MODEL}, with a masked-word head`),
  texts: z.array(z.string()).min(1).describe("texts with one or more [MASK] in them"),
  ...maskedWords.predictOptions,
  ...hubOptions,
  ...predictionComputeOptions,
});

/** What `fillMask()` is called with. */
export const fillMaskCall = fillMaskOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<DownloadEvent>("DownloadEvent"),
  logger: loggerOption,
});

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
export async function fillMask(options: FillMaskOptions): Promise<MaskPredictions[]> {
  const { model: directory, texts, topK, signal, ...load } = parseOptions(fillMaskCall, options);
  await using model = await loadModel(directory, { task: "masked-words", ...load });
  return await model.predict(texts, { topK, signal }); // an error must be caught before the model is disposed
}
