import { expected } from "../../errors.js";
import type { FineTuneSettings } from "./options.js";
import type { TaskName } from "./task-names.js";

/** Options that not every task has, with the tasks that have them. */
const TASKS_WITH: Partial<Record<keyof FineTuneSettings, readonly TaskName[]>> = {
  labels: ["classification", "multi-label", "token-classification"],
  threshold: ["multi-label"],
  columns: ["classification", "multi-label", "regression", "token-classification", "masked-words"],
  scheme: ["token-classification"],
  documentContext: ["token-classification"],
  features: ["token-classification"],
  maskRate: ["masked-words"],
  wholeWord: ["masked-words"],
  docStride: ["question-answering"],
  maxQuestionLength: ["question-answering"],
  maxAnswerLength: ["question-answering"],
  labelSmoothing: ["classification", "token-classification"],
  classWeights: ["classification", "token-classification"],
  balancedSampling: ["classification"],
};

/** @throws ERR_OPTION for an option that means nothing to the task */
export function checkTaskOptions(settings: FineTuneSettings): void {
  for (const [name, tasks] of Object.entries(TASKS_WITH)) {
    const value = settings[name as keyof FineTuneSettings];
    if (value !== undefined && !tasks.includes(settings.task))
      throw expected(`no value, as ${settings.task} has no such option,`, name, value);
  }
}
