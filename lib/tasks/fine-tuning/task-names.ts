/** What a model can be fine-tuned for. */
export const TASK_NAMES = ["classification", "question-answering"] as const;

export type TaskName = (typeof TASK_NAMES)[number];
