import { type LabelColumn, readLabelled, type TextExample } from "../../data/text-rows.js";
import type { InspectedRow, TaskInspection } from "../inspection.js";
import type { TextInput } from "./text-input.js";

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
          inputs: [inputOf(example)],
          ...answerOf(example.label),
        }));
    },
  };
}

function inputOf({ text, textPair }: TextExample<unknown>): TextInput {
  return textPair === undefined ? text : [text, textPair];
}
