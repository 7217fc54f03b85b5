import { readCalibration } from "../checkpoint/calibration-file.js";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.js";
import { withLabels } from "../checkpoint/labels.js";
import { loadNotices } from "../checkpoint/load-notices.js";
import { storedHead } from "../checkpoint/stored-head.js";
import { CheckpointWeights } from "../checkpoint/weights.js";
import { LibbertError } from "../errors.js";
import { type SavedEncoder, savedEncoder } from "../features/saved-encoder.js";
import { readSettled } from "../files/settled-directory.js";
import { savedModel } from "../tasks/build-model.js";
import { checkLabelsOption, specOf, type TaskName, taskOf } from "../tasks/find-spec.js";
import { headOf } from "../tasks/heads.js";
import type { TaskModel } from "../tasks/task-model.js";
import { chooseCompute } from "../tensor/compute.js";
import type { LoadContext, LoadSettings } from "./load-options.js";

/** A model of one task, or an encoder. */
export type Saved = ({ kind: TaskName; model: TaskModel } | { kind: "features"; model: SavedEncoder }) & {
  /** Such as which files are not as they were saved with the weights. */
  notices: readonly string[];
};

/**
 * Loads a model that libbert or transformers saved.
 *
 * @throws ERR_CHECKPOINT
 */
export function loadSaved(directory: string, settings: LoadSettings & LoadContext): Promise<Saved> {
  return readSettled(
    directory,
    () => load(directory, settings),
    ({ model }) => model.dispose(),
  );
}

async function load(
  directory: string,
  { task, labels, ignoreCalibration, ...settings }: LoadSettings & LoadContext,
): Promise<Saved> {
  const compute = chooseCompute(settings);
  const opened = await openCheckpoint(directory);
  const found = taskOf(opened, task) ?? encoderTask(task);
  checkLabelsOption(found, labels);
  const checkpoint = labels === undefined ? opened : withLabels(opened, labels);
  if (task !== undefined && task !== (found ?? "features")) {
    const what = found === null ? encoderInWords(checkpoint) : `for ${found}`;
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected a model for ${task} in ${directory} but it is ${what}`,
    );
  }
  using weights = new CheckpointWeights(directory);
  const notices = loadNotices(opened, weights);
  if (found === null) return { kind: "features", model: savedEncoder(checkpoint, compute), notices };
  const stored = ignoreCalibration ? null : await readCalibration(directory);
  const calibration = stored?.task === found ? stored.calibration : null;
  const head = await headOf(found);
  return { kind: found, model: savedModel(head, checkpoint, compute, calibration), notices };
}

/** The task that was named, where any encoder alone is a model of it. */
function encoderTask(task: LoadSettings["task"]): TaskName | null {
  return task !== undefined && task !== "features" && specOf(task).isOfEncoders ? task : null;
}

function encoderInWords(checkpoint: Checkpoint): string {
  const isCausal = storedHead(checkpoint) === "causal-lm";
  return isCausal ? "one that predicts the next word" : "an encoder that was not fine-tuned";
}
