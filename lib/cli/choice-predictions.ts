import { type ChoiceInput, choiceInputOf } from "../data/choice-rows.js";
import { readRows } from "../data/readers/rows.js";
import type { ChoicePrediction } from "../tasks/multiple-choice/prediction.js";
import type { PredictOptions, TaskPredictions } from "./predict-options.js";

const ROWS_PER_CHUNK = 256;

/** Contexts with choices, and the best of them. */
export function choicePredictions(options: PredictOptions, json: boolean): TaskPredictions {
  return { inputs: inChunks(options.input!), settings: {}, write: json ? jsonLine : textLine };
}

/** Labels are not needed, and rows may differ in how many choices they have. */
async function* inChunks(file: string): AsyncGenerator<ChoiceInput[]> {
  let chunk: ChoiceInput[] = [];
  for await (const row of readRows(file)) {
    chunk.push(choiceInputOf(row));
    if (chunk.length < ROWS_PER_CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function jsonLine(input: ChoiceInput, prediction: ChoicePrediction): string {
  const { context, question } = input;
  return `${JSON.stringify({ context, question, ...prediction })}\n`;
}

function textLine({ context }: ChoiceInput, { choice, score, text }: ChoicePrediction): string {
  const cells = [text, context].map((cell) => cell.replace(/[\t\r\n]+/g, " "));
  return `${[choice, score.toFixed(4), ...cells].join("\t")}\n`;
}
