import type { TaskName } from "./find-spec.js";
import type { TaskHead } from "./head.js";

/** What each task computes, one a line; its modules are loaded where there is such a model. `specs.ts` has the other half. */
const HEADS: Readonly<Record<TaskName, () => Promise<TaskHead>>> = {
  classification: async () => (await import("./classification/head.js")).classificationHead,
  embedding: async () => (await import("./embedding/head.js")).embeddingHead,
  "masked-words": async () => (await import("./masked-words/head.js")).maskedWordsHead,
  "multi-label": async () => (await import("./multi-label/head.js")).multiLabelHead,
  "multiple-choice": async () => (await import("./multiple-choice/head.js")).multipleChoiceHead,
  "question-answering": async () => (await import("./question-answering/head.js")).questionAnsweringHead,
  regression: async () => (await import("./regression/head.js")).regressionHead,
  reranking: async () => (await import("./reranking/head.js")).rerankingHead,
  "token-classification": async () =>
    (await import("./token-classification/head.js")).tokenClassificationHead,
};

/** What a task computes. */
export function headOf(name: TaskName): Promise<TaskHead> {
  return HEADS[name]();
}
