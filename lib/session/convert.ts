import { existsSync } from "node:fs";
import { z } from "zod";
import type { ConvertEvent, ConvertedModel } from "../checkpoint/convert-model.js";
import { transferLine } from "../hub/transfer-line.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { hubOptions, MODEL } from "../options/hub-options.js";
import { loggerOption, withLogger } from "../options/logger.js";
import { parseOptions } from "../options/parse-options.js";
import { pathField } from "../options/path-option.js";
import { requestOnce } from "./compute-session.js";
import { withFoundFiles } from "./found-files.js";
import type { ConvertOptions } from "./option-types.js";

/** Options of `convert()` and of `libbert convert`. */
export const convertOptions = z.strictObject({
  model: pathField().describe(
    `${MODEL}; or one file of the folder, such as pytorch_model.bin or bert_model.ckpt`,
  ),
  outputDir: pathField().describe("where to save the model"),
  overwrite: z.boolean().default(false).describe("allow an output directory that holds files already"),
  ...hubOptions,
});

/** What `convert()` is called with. */
export const convertCall = convertOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<ConvertEvent>("ConvertEvent"),
  logger: loggerOption,
});

/**
 * Writes a model in the layout of today, with its weights in `model.safetensors`: from `pytorch_model.bin`, or from a checkpoint of
 * BERT's own code (TensorFlow 1). Numbers, their types and heads stay as they are.
 *
 * ```ts
 * await convert({ model: "uncased_L-12_H-768_A-12", outputDir: "bert-base-uncased" });
 * ```
 *
 * @throws LibbertError ERR_CHECKPOINT for a model that is missing, damaged or incomplete; ERR_OPTION for an output directory that
 *   holds files; ERR_RUNTIME when the disk is full or fails; the signal's reason, and nothing is saved then
 */
export async function convert(options: ConvertOptions): Promise<ConvertedModel> {
  const { signal, onProgress: listener, logger, ...given } = parseOptions(convertCall, options);
  // A checkpoint of TensorFlow's is known by the beginning of its files' names.
  const model = existsSync(`${given.model}.index`) ? `${given.model}.index` : given.model;
  return withLogger({ onProgress: listener, logger, signal }, lineOf, async (onProgress) => {
    const settings = await withFoundFiles({ ...given, model }, { signal, onProgress }, existsSync);
    return requestOnce("convert", () => settings, { signal, onProgress });
  });
}

function lineOf(event: ConvertEvent): string {
  return event.type === "notice" ? event.message : transferLine(event);
}
