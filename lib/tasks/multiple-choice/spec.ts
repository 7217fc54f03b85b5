import { calibrateOption, rawOption } from "../../calibration/options.js";
import { columnNamesOption } from "../../options/column-options.js";
import type { MultipleChoicePredictOptions } from "../predict-option-types.js";
import { defineTask } from "../spec.js";
import { multipleChoiceCard } from "./card.js";
import { choiceCommandLine } from "./command-line.js";
import { choiceInspection } from "./inspection.js";
import type { ChoiceEvaluation, ChoiceInput, ChoicePrediction } from "./prediction.js";

export type * from "./prediction.js";

interface Types {
  input: ChoiceInput;
  prediction: ChoicePrediction;
  predictOptions: MultipleChoicePredictOptions;
  evaluation: ChoiceEvaluation;
}

/** The best of several choices for each row. @internal */
export const multipleChoice = defineTask<Types>()({
  name: "multiple-choice",
  options: { columnNames: columnNamesOption, calibrate: calibrateOption },
  maxSeqLength: 128,
  inputs: {
    accepts: isChoiceInput,
    what: "an object { context, question?, choices } of strings, with at least two choices,",
  },
  predictOptions: { raw: rawOption },
  calibratedBy: ["temperature", "abstention", "sets"],
  explainedBy: ["target"],
  metrics: { accuracy: "higher", loss: "lower" },
  loads: (head) => head === "multiple-choice",
  card: multipleChoiceCard,
  inspection: choiceInspection,
  commandLine: choiceCommandLine,
});

function isChoiceInput(input: unknown): boolean {
  if (typeof input !== "object" || input === null) return false;
  const { context, question, choices } = input as Record<string, unknown>;
  const isAnswerable = Array.isArray(choices) && choices.length >= 2 && choices.every(isString);
  return isString(context) && (question === undefined || isString(question)) && isAnswerable;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
