/** What a model can be fine-tuned for. */
export const TASK_NAMES = ["classification"] as const;

export type TaskName = (typeof TASK_NAMES)[number];
