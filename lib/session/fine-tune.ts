import type { FineTuneEvent, FineTuneResult } from "../fine-tuning/events.js";
import { fineTuneOptions } from "../fine-tuning/options.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { type Logger, loggerOption, withLogger } from "../options/logger.js";
import { extendUnion } from "../options/schema.js";
import type { TaskName, TypesOf } from "../tasks/find-spec.js";
import { ComputeSession } from "./compute-session.js";
import { linesOf } from "./event-lines.js";
import { withFoundFiles } from "./found-files.js";
import { Model } from "./model.js";
import type { FineTuneOptionsByTask } from "./option-types.js";
import { type Checked, parseCall } from "./parse-call.js";

/** What `fineTune()` is called with: its options, and how to follow and stop it. */
export const fineTuneCall = extendUnion(fineTuneOptions, {
  signal: signalOption,
  onProgress: onProgressOption<FineTuneEvent>("FineTuneEvent"),
  logger: loggerOption,
});

interface Own {
  onProgress?: (event: FineTuneEvent) => void;
  logger?: Logger;
}

/**
 * Fine-tunes a pre-trained BERT (paper, section 3.2). Everything is computed on a thread of its own: the event loop
 * stays free.
 *
 * ```ts
 * const model = await fineTune({ task: "classification", model: "dir", train: "train.tsv", outputDir: "runs/a" });
 * const [{ label, score }] = await model.predict(["a gripping film"]);
 * await model.dispose();
 * ```
 *
 * @throws LibbertError, whose `code` tells an option, data, checkpoint or machine that is at fault, and whose `option` names an
 *   option
 */
export async function fineTune<Task extends TaskName>(
  options: FineTuneOptionsByTask[Task] & { task: Task },
): Promise<Model<Task>> {
  const call = parseCall<Own>(fineTuneCall, options);
  return withLogger(call, linesOf(options.task), (onProgress) =>
    tune<Task>(options.task, { ...call, onProgress, logger: undefined }),
  );
}

async function tune<Task extends TaskName>(
  task: Task,
  { signal, onProgress, logger: _, ...given }: Checked<Own>,
): Promise<Model<Task>> {
  const { train, validation, ...settings } = await withFoundFiles(given, { signal, onProgress });
  const session = new ComputeSession();
  try {
    const { labels, result } = await session.request(
      "fineTune",
      (toWire) => ({
        ...settings,
        train: toWire(train, "train"),
        validation: validation === undefined ? undefined : toWire(validation, "validation"),
      }),
      { signal, onProgress },
    );
    type Result = FineTuneResult<TypesOf<Task>["evaluation"]>;
    const { calibration = null } = result;
    const others = { calibration, folder: null };
    return new Model<Task>(session, task, labels, result as Result, others);
  } catch (error) {
    await session.close();
    throw error;
  }
}
