import { z } from "zod";
import { expected } from "../errors.js";
import type { DownloadEvent } from "../hub/options.js";
import { type PulledModel, pullModel } from "../hub/pull-model.js";
import { isRepositoryName } from "../hub/repository-name.js";
import { transferLine } from "../hub/transfer-line.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { hubOptions } from "../options/hub-options.js";
import { withListener } from "../options/listener.js";
import { loggerOption, withLogger } from "../options/logger.js";
import { parseOptions } from "../options/parse-options.js";
import type { PullOptions } from "./option-types.js";

/** Options of `pull()` and of `libbert pull`. */
export const pullOptions = z.strictObject({
  model: z.string().describe("name of a model on the Hugging Face Hub"),
  ...hubOptions,
});

/** What `pull()` is called with. */
export const pullCall = pullOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<DownloadEvent>("DownloadEvent"),
  logger: loggerOption,
});

/**
 * Brings a model of the Hugging Face Hub into the cache, as far as it is not there: the files that libbert reads. Every call
 * that takes a model by its name does so itself.
 *
 * ```ts
 * const { folder } = await pull({ model: "sentence-transformers/all-MiniLM-L6-v2" });
 * ```
 *
 * @throws LibbertError ERR_CHECKPOINT for a model or a revision that the Hub does not have or show; ERR_RUNTIME for a
 *   connection or a disk that fails, and for files that are not what the Hub says; the signal's reason
 */
export async function pull(options: PullOptions): Promise<PulledModel> {
  const { model, signal, onProgress: listener, logger, ...hub } = parseOptions(pullCall, options);
  if (!isRepositoryName(model)) throw expected("a name such as organisation/model", "model", model);
  return withLogger({ onProgress: listener, logger, signal }, transferLine, (onProgress) =>
    withListener({ signal, onProgress }, (call) => pullModel(model, hub, call)),
  );
}
