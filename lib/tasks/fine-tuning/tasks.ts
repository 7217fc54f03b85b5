import { join } from "node:path";
import { LibbertError } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import { type Checkpoint, openCheckpoint, storedLabels } from "../checkpoint.js";
import { classification } from "../classification/task.js";
import { chooseCompute } from "../compute.js";
import type { LoadSettings } from "./options.js";
import type { Task } from "./task.js";
import type { TaskModel } from "./task-model.js";
import type { TaskName } from "./task-names.js";

export const TASKS: Record<TaskName, Task> = { classification };

/** The task of a saved model, by the class that its `config.json` names. */
function taskOf(config: BertConfig): TaskName | null {
  const { architectures } = config as { architectures?: string[] };
  switch (architectures?.[0]) {
    case "BertForSequenceClassification":
      return "classification";
    default:
      return storedLabels(config).length >= 2 ? "classification" : null;
  }
}

/** Loads a model that libbert or transformers saved. @throws ERR_CHECKPOINT */
export async function loadTaskModel(
  directory: string,
  options: LoadSettings,
): Promise<{ task: TaskName; model: TaskModel }> {
  const compute = chooseCompute(options.device, options.dtype);
  const checkpoint = await openCheckpoint(directory);
  const task = taskOf(checkpoint.config);
  if (task === null) throw notFineTuned(checkpoint);
  if (options.task !== undefined && options.task !== task) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected a model for ${options.task} in ${directory} but it is for ${task}`,
    );
  }
  return { task, model: TASKS[task].load(checkpoint, compute) };
}

function notFineTuned({ directory }: Checkpoint): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected the labels of a classifier (id2label) in ${join(directory, "config.json")}: this model was not fine-tuned`,
  );
}
