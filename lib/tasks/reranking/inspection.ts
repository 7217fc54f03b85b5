import type { TaskInspection } from "../inspection.js";
import { readRankingExamples } from "./rows.js";

/** A query is read with each of its documents. */
export const rankingInspection: TaskInspection = {
  options: ["columns", "columnNames"],
  longTexts: "cut",
  counted: "labels",
  async *rows(source, reading) {
    for await (const examples of readRankingExamples(source, reading))
      yield examples.map(({ query, documents, labels, location }) => ({
        location,
        inputs: documents.map((document): [string, string] => [query, document]),
        target: labels.join(" "),
        scores: labels,
      }));
  },
};
