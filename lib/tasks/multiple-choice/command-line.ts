import { ABSTAINED } from "../../calibration/report-text.js";
import { ROW_FILES, readRows } from "../../data/readers/rows.js";
import { columnNamesOption } from "../../options/column-options.js";
import type { Files, Format } from "../../options/row-options.js";
import { asCell } from "../../text-format.js";
import type { TaskCommandLine } from "../spec.js";
import { countingTruncated } from "../texts/count-truncated.js";
import { mistakeText } from "../texts/report-text.js";
import type { ChoiceInput, ChoicePrediction } from "./prediction.js";
import { choiceInputOf } from "./rows.js";

/** How contexts with choices are read, from files alone, and the best choices written. */
export const choiceCommandLine: TaskCommandLine<ChoiceInput, ChoicePrediction> = {
  flags: { columnNames: columnNamesOption },
  given: null,
  inputOf() {
    throw new Error("no flag gives choices");
  },
  extensions: ROW_FILES,
  inputsOf: choicesOfFiles,
  text: () =>
    countingTruncated({
      line: ({ context }, { choice, score, text, abstained }) =>
        `${[abstained ? ABSTAINED : choice, score.toFixed(4), asCell(text), asCell(context)].join("\t")}\n`,
    }),
  json: () => ({
    line: ({ context, question }, prediction) => `${JSON.stringify({ context, question, ...prediction })}\n`,
  }),
  report: mistakeText,
};

/** Labels are not needed, and rows may differ in how many choices they have. @throws LibbertError ERR_DATA */
async function* choicesOfFiles(
  files: Files,
  { columnNames, format }: { columnNames?: string[]; format?: Format },
): AsyncGenerator<ChoiceInput[]> {
  for await (const rows of readRows(files, { columnNames, format })) yield rows.map(choiceInputOf);
}
