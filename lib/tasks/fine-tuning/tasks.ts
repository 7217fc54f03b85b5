import { LibbertError } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import { architectureOf, openCheckpoint, storedLabels } from "../checkpoint.js";
import { classification } from "../classification/task.js";
import { chooseCompute } from "../compute.js";
import { EncoderModel } from "../features/model.js";
import { maskedWords } from "../masked-words/task.js";
import { multiLabel } from "../multi-label/task.js";
import { multipleChoice } from "../multiple-choice/task.js";
import { questionAnswering } from "../question-answering/task.js";
import { regression } from "../regression/task.js";
import { type ProblemType, problemTypeOf } from "../sequence/network.js";
import { tokenClassification } from "../token-classification/task.js";
import type { LoadedModel } from "./loaded-model.js";
import type { LoadSettings } from "./options.js";
import type { Task } from "./task.js";
import type { TaskModel } from "./task-model.js";
import type { ModelKind, TaskName } from "./task-names.js";

export const TASKS: Record<TaskName, Task> = {
  classification,
  "multi-label": multiLabel,
  regression,
  "token-classification": tokenClassification,
  "multiple-choice": multipleChoice,
  "masked-words": maskedWords,
  "question-answering": questionAnswering,
};

const SEQUENCE_TASKS: Record<ProblemType, TaskName> = {
  single_label_classification: "classification",
  multi_label_classification: "multi-label",
  regression: "regression",
};

/** What a saved model is for, by the class that its `config.json` names. */
function kindOf(config: BertConfig): ModelKind {
  switch (architectureOf(config)) {
    case "BertForSequenceClassification":
      return SEQUENCE_TASKS[problemTypeOf(config)];
    case "BertForTokenClassification":
      return "token-classification";
    case "BertForMultipleChoice":
      return "multiple-choice";
    case "BertForMaskedLM":
    case "BertForPreTraining":
      return "masked-words";
    case "BertModel":
      return "features";
    case "BertForQuestionAnswering":
      return "question-answering";
    default:
      return storedLabels(config).length >= 2 ? "classification" : "features";
  }
}

/** A model of one task, or an encoder. */
export type Loaded = { task: TaskName; model: TaskModel } | { task: "features"; model: LoadedModel };

/** Loads a model that libbert or transformers saved. @throws ERR_CHECKPOINT */
export async function loadTaskModel(directory: string, options: LoadSettings): Promise<Loaded> {
  const compute = chooseCompute(options.device, options.dtype);
  const checkpoint = await openCheckpoint(directory);
  const task = kindOf(checkpoint.config);
  if (options.task !== undefined && options.task !== task) {
    const found = task === "features" ? "an encoder that was not fine-tuned" : `for ${task}`;
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected a model for ${options.task} in ${directory} but it is ${found}`,
    );
  }
  if (task === "features") return { task, model: EncoderModel.load(checkpoint, compute) };
  return { task, model: TASKS[task].load(checkpoint, compute) };
}
