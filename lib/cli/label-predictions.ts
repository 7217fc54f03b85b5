import type { Prediction, TextInput } from "../tasks/classification/prediction.js";
import type { MultiLabelPrediction } from "../tasks/multi-label/prediction.js";
import type { RegressionPrediction } from "../tasks/regression/prediction.js";
import type { PredictOptions, TaskPredictions } from "./predict-options.js";
import { givenTexts } from "./text-input.js";

/** Texts and their labels. */
export const labelPredictions = textPredictions<Prediction>(({ label, score }) => [label, score.toFixed(4)]);

/** Texts and their labels, of which there may be none or many: between `|`, as in a table. */
export const labelSetPredictions = textPredictions<MultiLabelPrediction>(({ labels }) => [labels.join("|")]);

/** Texts and their scores. */
export const scorePredictions = textPredictions<RegressionPrediction>(({ score }) => [score.toFixed(4)]);

/** @param cellsOf what a line says of a text, before the text itself */
function textPredictions<Prediction extends object>(cellsOf: (prediction: Prediction) => string[]) {
  return (options: PredictOptions, json: boolean): TaskPredictions => ({
    inputs: givenTexts(options),
    settings: {},
    write: json
      ? (input: TextInput, prediction: Prediction) =>
          `${JSON.stringify({ ...textFields(input), ...prediction })}\n`
      : (input: TextInput, prediction: Prediction) =>
          `${[...cellsOf(prediction), ...textCells(input)].join("\t")}\n`,
  });
}

function textFields(input: TextInput): { text: string; textPair?: string } {
  return typeof input === "string" ? { text: input } : { text: input[0], textPair: input[1] };
}

function textCells(input: TextInput): string[] {
  const texts = typeof input === "string" ? [input] : input;
  return texts.map((text) => text.replace(/[\t\r\n]+/g, " "));
}
