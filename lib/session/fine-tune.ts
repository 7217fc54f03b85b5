import type { FineTuneEvent } from "../fine-tuning/events.js";
import { fineTuneOptions } from "../fine-tuning/options.js";
import { withStoredSettings } from "../fine-tuning/stored-settings.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { type Logger, loggerOption, withLogger } from "../options/logger.js";
import { extendUnion } from "../options/schema.js";
import type { TaskName } from "../tasks/find-spec.js";
import { ComputeSession } from "./compute-session.js";
import { linesOf } from "./event-lines.js";
import { withFoundFiles } from "./found-files.js";
import type { LoadedModel } from "./load-model.js";
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

/** Options of a run to resume: what is left out is as it was. Rows that came from no file have to be given again. */
export type ResumeOptions<Task extends TaskName = TaskName> = Partial<FineTuneOptionsByTask[Task]> & {
  /** The run's task, which gives the model its type. Default: what the folder says */
  task?: Task;
  /** Go on from the newest intact snapshot in `outputDir`. */
  resume: true;
  /** The folder of the run. */
  outputDir: string;
};

/** Goes on with a run that was interrupted: `await fineTune({ resume: true, outputDir: "runs/a" })`. */
export function fineTune<Task extends TaskName = TaskName>(
  options: ResumeOptions<Task>,
): Promise<LoadedModel<Task>>;
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
 * A run of more than ten minutes leaves snapshots to resume from: `await fineTune({ resume: true, outputDir: "runs/a" })`.
 *
 * @throws LibbertError, whose `code` tells an option, data, checkpoint or machine that is at fault, and whose `option` names an
 *   option
 */
export function fineTune<Task extends TaskName>(
  options: FineTuneOptionsByTask[Task] & { task: Task },
): Promise<Model<Task>>;
export async function fineTune(options: object): Promise<Model> {
  return fineTuneComplete(withStoredSettings({ ...options }));
}

/**
 * The same with options to which no run to resume adds any.
 *
 * @param snapshotsIn where a run that saves no model keeps its snapshots; default: nowhere
 */
export async function fineTuneComplete(options: object, snapshotsIn?: string): Promise<Model> {
  const call = parseCall<Own>(fineTuneCall, options);
  return withLogger(call, linesOf(call.task), (onProgress) =>
    tune({ ...call, onProgress, logger: undefined }, snapshotsIn),
  );
}

async function tune(
  { signal, onProgress, logger: _, ...given }: Checked<Own>,
  snapshotsIn: string | undefined,
): Promise<Model> {
  const begun = Date.now();
  const { train, validation, ...settings } = await withFoundFiles(given, { signal, onProgress });
  const session = new ComputeSession();
  try {
    const { labels, result } = await session.request(
      "fineTune",
      (toWire) => ({
        ...settings,
        train: toWire(train, "train"),
        validation: validation === undefined ? undefined : toWire(validation, "validation"),
        snapshotsIn,
        begun,
      }),
      { signal, onProgress },
    );
    const { calibration = null } = result;
    return new Model(session, settings.task, labels, result as Model["training"], {
      calibration,
      folder: null,
    });
  } catch (error) {
    await session.close();
    throw error;
  }
}
