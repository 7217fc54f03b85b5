import { digitsOfFloats } from "../../text-format.js";
import type { TaskCommandLine } from "../spec.js";
import { singleTextInputs } from "../texts/command-line.js";
import { countingTruncated } from "../texts/count-truncated.js";
import { mistakeText } from "../texts/report-text.js";
import type { VectorPrediction } from "./prediction.js";

/** Texts and their vectors: `libbert embed` writes the same, and reads pairs, too. */
export const vectorCommandLine: TaskCommandLine<string, VectorPrediction> = {
  ...singleTextInputs,
  text: () => countingTruncated({ line: (_, { vector }) => `${digitsOfFloats(vector).join(" ")}\n` }),
  json: () =>
    countingTruncated({
      line: (text, { vector, ...cut }) =>
        `${JSON.stringify({ text, embedding: digitsOfFloats(vector), ...cut })}\n`,
    }),
  report: mistakeText,
};
