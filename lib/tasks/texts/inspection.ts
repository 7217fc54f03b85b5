import { type LabelColumn, readLabelled } from "../../data/text-rows.js";
import { textInputOf, textsOf } from "../../tokenizer/text-input.js";
import type { InspectedRow, LabelledTask, TaskInspection } from "../inspection.js";

/** How the rows of a task about whole texts are looked at. @param answerOf what a row's label is to all tasks */
export function textInspection<Label>(
  labelColumn: LabelColumn<Label>,
  answerOf: (label: Label) => Pick<InspectedRow, "target" | "labels" | "scores">,
): TaskInspection {
  return {
    options: ["columns", "columnNames"],
    longTexts: "cut",
    counted: "labels",
    async *rows(source, reading) {
      for await (const examples of readLabelled(source, reading, labelColumn))
        yield examples.map((example) => ({
          location: example.location,
          inputs: [textInputOf(example)],
          ...answerOf(example.label),
        }));
    },
  };
}

/** How labels of whole texts are judged. @param scoresOf the probability of each label that a prediction gives */
export function labelledTexts(
  kind: "label" | "label-set",
  scoresOf: (prediction: unknown) => Readonly<Record<string, number>>,
): LabelledTask {
  return {
    kind,
    trainingRow({ inputs: [input], labels = [] }) {
      const [text, textPair] = textsOf(input!);
      const row = { text, ...(textPair !== undefined && { textPair }) };
      return kind === "label" ? { ...row, label: labels[0] } : { ...row, labels };
    },
    probabilities(prediction, labels) {
      const scores = scoresOf(prediction);
      return labels.map((label) => scores[label]!);
    },
  };
}
