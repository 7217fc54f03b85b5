import type { TaskInspection } from "../inspection.js";
import { choicePairs, readChoiceExamples } from "./rows.js";

/** Which of its choices a row has right is counted: a place that is right more often than others can be learnt. */
export const choiceInspection: TaskInspection = {
  options: ["columnNames"],
  longTexts: "cut",
  counted: "right choices",
  async *rows(source, reading) {
    for await (const examples of readChoiceExamples(source, reading))
      yield examples.map(({ label, location, ...input }) => ({
        location,
        inputs: choicePairs(input),
        target: input.choices[label]!,
        labels: [`choice ${label}`],
      }));
  },
};
