import { requireAlone } from "../distributed/membership.js";
import type { FineTuneEvent } from "../fine-tuning/events.js";
import { fineTuneOptions } from "../fine-tuning/options.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { type Logger, loggerOption, withLogger } from "../options/logger.js";
import { extendUnion, type OptionsUnion } from "../options/schema.js";
import {
  findLearningRateOptions,
  type LearningRateRange,
  type RangeEvent,
} from "../search/find-learning-rate-options.js";
import type { TaskName } from "../tasks/find-spec.js";
import { requestOnce } from "./compute-session.js";
import { linesOf } from "./event-lines.js";
import { withFoundFiles } from "./found-files.js";
import type { FindLearningRateOptionsByTask } from "./option-types.js";
import { parseCall } from "./parse-call.js";

/** What `findLearningRate()` is called with. */
export const findLearningRateCall: OptionsUnion = extendUnion(findLearningRateOptions, {
  signal: signalOption,
  onProgress: onProgressOption<RangeEvent | FineTuneEvent>("RangeEvent | FineTuneEvent"),
  logger: loggerOption,
});

interface Own {
  updates: number;
  tests: number;
  logger?: Logger;
  onProgress?: (event: RangeEvent | FineTuneEvent) => void;
}

/**
 * A learning-rate range test (Smith, 2017): trains three times for a hundred updates while the rate rises from 1e-7 to 1,
 * and suggests the rate at which the mean loss has fallen nine tenths of its way. The checkpoint stays as it is.
 *
 * ```ts
 * const { suggestion } = await findLearningRate({ task: "classification", model: "bert-base", train: "train.tsv" });
 * ```
 *
 * @throws LibbertError, as `fineTune()` does
 */
export async function findLearningRate<Task extends TaskName>(
  options: FindLearningRateOptionsByTask[Task] & { task: Task },
): Promise<LearningRateRange> {
  requireAlone("findLearningRate()");
  const call = parseCall<Own>(findLearningRateCall, options);
  const { signal, onProgress: _, logger: _logger, updates, tests, ...given } = call;
  const complete = parseCall(fineTuneOptions, given); // fills in what means nothing to the test
  return withLogger(call, linesOf(options.task), async (onProgress) => {
    const { train, ...settings } = await withFoundFiles(complete, { signal, onProgress });
    return requestOnce(
      "findLearningRate",
      (toWire) => ({ ...settings, validation: undefined, updates, tests, train: toWire(train, "train") }),
      { signal, onProgress },
    );
  });
}
