import { z } from "zod";
import { parseOptions } from "../tasks/parse-options.js";
import { pretrainOptions } from "../tasks/pretraining/options.js";
import type { PretrainEvent, PretrainResult } from "../tasks/pretraining/progress.js";
import { withRecipe } from "../tasks/pretraining/recipes.js";
import { ComputeSession } from "./compute-session.js";

/** `pretrain()`'s options; `libbert pretrain --help` says what each means. */
export type PretrainOptions = z.input<typeof pretrainOptions> & {
  /** Stops the run within one update, with a snapshot to resume from; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (event: PretrainEvent) => void;
};

const pretrainCall = pretrainOptions.extend({
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z
    .custom<(event: PretrainEvent) => void>((value) => typeof value === "function", "a function")
    .optional(),
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
 * @throws LibbertError, whose `code` tells an option, data, checkpoint or machine that is at fault
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const { signal, onProgress, ...settings } = parseOptions(pretrainCall, withRecipe(options));
  const session = new ComputeSession();
  try {
    return await session.request("pretrain", () => settings, { signal, onProgress });
  } finally {
    await session.close();
  }
}
