import { z } from "zod";
import { maskPredictOptions } from "../masked-words/prediction.js";
import { questionPredictOptions } from "../question-answering/prediction.js";
import type { TaskName } from "./task-names.js";

/** What `predict` takes beside the inputs, for models of each task. */
export const PREDICT_OPTIONS: Record<TaskName, z.ZodObject> = {
  classification: z.strictObject({}),
  "multi-label": z.strictObject({}),
  regression: z.strictObject({}),
  "token-classification": z.strictObject({}),
  "multiple-choice": z.strictObject({}),
  "masked-words": maskPredictOptions,
  "question-answering": questionPredictOptions,
};
