import type { TaskCommandLine } from "../spec.js";
import { singleTexts } from "../texts/command-line.js";
import { countingTruncated } from "../texts/count-truncated.js";
import type { VectorPrediction } from "./prediction.js";

/** Texts and their vectors: `libbert embed` writes the same, and reads pairs, too. */
export const vectorCommandLine: TaskCommandLine<string, VectorPrediction> = {
  ...singleTexts,
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
