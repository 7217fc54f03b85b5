import type { MaskPrediction } from "../tasks/masked-words/prediction.js";
import type { PredictOptions, TaskPredictions } from "./predict-options.js";
import { readTexts } from "./text-input.js";

/** Texts with `[MASK]`, and the likeliest tokens there. */
export function maskPredictions(options: PredictOptions, json: boolean): TaskPredictions {
  const { text, input, columns, topK } = options;
  const inputs = input === undefined ? [[text!]] : readTexts(input, columns);
  return { inputs, settings: { topK }, write: json ? jsonLine : textLine };
}

function jsonLine(text: string, masks: MaskPrediction[][]): string {
  return `${JSON.stringify({ text, masks })}\n`;
}

/** The text with the likeliest token at each mask, and the probability of each. */
function textLine(text: string, masks: MaskPrediction[][]): string {
  let next = 0;
  const filled = text.replace(/\[MASK\]/g, () => masks[next++]![0]!.token).replace(/[\t\r\n]+/g, " ");
  return `${[filled, ...masks.map(([best]) => best!.score.toFixed(4))].join("\t")}\n`;
}
