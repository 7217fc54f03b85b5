import { onProgressOption, signalOption } from "../options/call-options.js";
import { loggerOption, withLogger } from "../options/logger.js";
import { parseOptions } from "../options/parse-options.js";
import type { PretrainEvent, PretrainResult } from "../pre-training/events.js";
import { pretrainOptions } from "../pre-training/options.js";
import { optionsOfRun } from "../pre-training/run-options.js";
import { requestOnce } from "./compute-session.js";
import { lineOfPretraining } from "./event-lines.js";
import { withFoundOrigin } from "./found-files.js";
import type { PretrainOptions } from "./option-types.js";

/** What `pretrain()` is called with. */
export const pretrainCall = pretrainOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<PretrainEvent>("PretrainEvent"),
  logger: loggerOption,
});

/**
 * Pre-trains BERT on shards that `prepareCorpus()` wrote: masked words and next sentence, jointly (paper, section 3.1).
 * The model that it leaves in `outputDir` is one for `fineTune()` and for transformers: `BertForPreTraining`, or after
 * another objective `BertForMaskedLM` or `BertLMHeadModel`, without the heads and the pooler that it did not train.
 *
 * ```ts
 * await pretrain({ data: "shards", size: "mini", steps: 10_000, batchSize: 64, learningRate: 5e-4, outputDir: "runs/a" });
 * ```
 *
 * An abort leaves a snapshot to resume from: `await pretrain({ resume: true, outputDir: "runs/a" })`.
 *
 * @throws LibbertError, whose `code` tells an option, data, checkpoint or machine that is at fault
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  return pretrainComplete(optionsOfRun({ ...options }));
}

/** The same with options to which no run to resume and no recipe add any. */
export async function pretrainComplete(options: Record<string, unknown>): Promise<PretrainResult> {
  const { onProgress: listener, logger, signal, ...given } = parseOptions(pretrainCall, options);
  return withLogger({ onProgress: listener, logger, signal }, lineOfPretraining, async (onProgress) => {
    const begun = Date.now();
    const settings = await withFoundOrigin(given, { signal, onProgress });
    return requestOnce("pretrain", () => ({ ...settings, begun }), { signal, onProgress });
  });
}
