import type { z } from "zod";
import { requireAlone } from "../distributed/membership.js";
import {
  findLearningRateOptions,
  type LearningRateRange,
} from "../tasks/fine-tuning/find-learning-rate-options.js";
import { callOptions } from "../tasks/fine-tuning/options.js";
import type { ProgressEvent } from "../tasks/fine-tuning/progress.js";
import { parseOptions } from "../tasks/parse-options.js";
import { ComputeSession } from "./compute-session.js";

export type FindLearningRateOptions = z.input<typeof findLearningRateOptions> & {
  /** Stops within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (event: ProgressEvent) => void;
};

const findCall = findLearningRateOptions.extend(callOptions);

/**
 * A learning-rate range test (Smith, 2017): trains for a hundred updates while the rate rises from 1e-7 to 1, and
 * suggests the rate at which the loss falls fastest. The checkpoint stays as it is.
 *
 * ```ts
 * const { suggestion } = await findLearningRate({ task: "classification", model: "bert-base", train: "train.tsv" });
 * ```
 *
 * @throws LibbertError, as `fineTune()` does
 */
export async function findLearningRate(options: FindLearningRateOptions): Promise<LearningRateRange> {
  requireAlone("findLearningRate()");
  const { signal, onProgress, train, ...settings } = parseOptions(findCall, options);
  const session = new ComputeSession();
  try {
    return await session.request(
      "findLearningRate",
      (toWire) => ({ ...settings, train: toWire(train, "train") }),
      { signal, onProgress },
    );
  } finally {
    await session.close();
  }
}
