import type { z } from "zod";
import { callOptions, fineTuneOptions } from "../tasks/fine-tuning/options.js";
import type { ProgressEvent } from "../tasks/fine-tuning/progress.js";
import type { TaskName } from "../tasks/fine-tuning/task-names.js";
import { parseOptions } from "../tasks/parse-options.js";
import { ComputeSession } from "./compute-session.js";
import { Model } from "./model.js";

/** `fineTune()`'s options; see `FineTuneSettings` for their meaning and defaults. */
export type FineTuneOptions<Task extends TaskName = TaskName> = z.input<typeof fineTuneOptions> & {
  task: Task;
  /** Stops the run within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (event: ProgressEvent) => void;
};

const fineTuneCall = fineTuneOptions.extend(callOptions);

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
 * @throws LibbertError, whose `code` tells an option, data, checkpoint or machine that is at fault
 */
export async function fineTune<Task extends TaskName>(options: FineTuneOptions<Task>): Promise<Model<Task>> {
  const { signal, onProgress, train, validation, ...settings } = parseOptions(fineTuneCall, options);
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
    return new Model<Task>(session, options.task, labels, result);
  } catch (error) {
    await session.close();
    throw error;
  }
}
