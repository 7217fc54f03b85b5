import { LibbertError } from "../errors.js";
import type { Prediction, TextInput } from "../tasks/classification/prediction.js";
import type { PredictOptions, TaskPredictions } from "./predict-options.js";
import { readTexts } from "./text-input.js";

/** Texts and their labels. */
export function labelPredictions(options: PredictOptions, json: boolean): TaskPredictions {
  return { inputs: textsOf(options), write: json ? jsonLine : textLine };
}

function textsOf({ text, textPair, input, columns }: PredictOptions) {
  if (input === undefined) return [[textPair === undefined ? text! : ([text!, textPair] as const)]];
  if (textPair === undefined) return readTexts(input, columns);
  throw new LibbertError("ERR_OPTION", "Expected --text-pair beside --text, not beside --input");
}

function jsonLine(input: TextInput, { label, score, scores }: Prediction): string {
  const [text, textPair] = typeof input === "string" ? [input] : input;
  return `${JSON.stringify({ text, textPair, label, score, scores })}\n`;
}

function textLine(input: TextInput, { label, score }: Prediction): string {
  const texts = typeof input === "string" ? [input] : input;
  const cells = texts.map((text) => text.replace(/[\t\r\n]+/g, " "));
  return `${[label, score.toFixed(4), ...cells].join("\t")}\n`;
}
