/** What a model can be fine-tuned for. */
export const TASK_NAMES = [
  "classification",
  "multi-label",
  "regression",
  "token-classification",
  "question-answering",
  "multiple-choice",
  "masked-words",
] as const;

export type TaskName = (typeof TASK_NAMES)[number];

/** What a loaded model can be for: a task, or, with no layer on top, features alone. */
export const MODEL_KINDS = [...TASK_NAMES, "features"] as const;

export type ModelKind = (typeof MODEL_KINDS)[number];
