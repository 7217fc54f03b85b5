import { columnsOption, textColumn } from "../../options/column-options.js";
import type { TaskCommandLine } from "../spec.js";
import { givenText, TEXT_FILES, textFlags, textsOfFiles } from "../texts/command-line.js";
import { countingTruncated } from "../texts/count-truncated.js";
import type { VectorPrediction } from "./prediction.js";

/** Texts and their vectors: `libbert embed` writes the same, and reads pairs, too. */
export const vectorCommandLine: TaskCommandLine<string, VectorPrediction> = {
  flags: {
    text: textFlags.text,
    columns: columnsOption({ text: textColumn }),
    columnNames: textFlags.columnNames,
  },
  given: "text",
  inputOf: (flags) => givenText(flags) as string,
  extensions: TEXT_FILES,
  inputsOf: (files, flags) => textsOfFiles(files, flags) as AsyncIterable<string[]>, // pairs are refused as inputs
  text: () => countingTruncated({ line: (_, { vector }) => `${digitsOf(vector).join(" ")}\n` }),
  json: () =>
    countingTruncated({
      line: (text, { vector, ...cut }) =>
        `${JSON.stringify({ text, embedding: digitsOf(vector), ...cut })}\n`,
    }),
};

/** As many digits as float32 has. */
function digitsOf(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Number(value.toPrecision(9)));
}
