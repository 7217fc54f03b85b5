import { readVectorExamples } from "../../data/vector-rows.js";
import type { TaskInspection } from "../inspection.js";

/** Each text of a row is read on its own. */
export const vectorInspection: TaskInspection = {
  options: ["columns", "columnNames"],
  longTexts: "cut",
  counted: "labels",
  async *rows(source, reading) {
    for await (const examples of readVectorExamples(source, reading))
      yield examples.map(({ texts, score, location }) => ({
        location,
        inputs: texts,
        ...(score !== undefined && { target: String(score), scores: [score] }),
      }));
  },
};
