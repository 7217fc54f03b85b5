import { asCell } from "../../text-format.js";
import { BERT_LAYOUT, ROBERTA_LAYOUT } from "../../tokenizer/text-layout.js";
import type { TaskCommandLine } from "../spec.js";
import { singleTextInputs } from "../texts/command-line.js";
import { countingTruncated } from "../texts/count-truncated.js";
import { mistakeText } from "../texts/report-text.js";
import { truncatedField } from "../texts/truncated.js";
import type { MaskPrediction, MaskPredictions } from "./prediction.js";

const MASK_TOKENS = [BERT_LAYOUT, ROBERTA_LAYOUT].map(({ specialTokens }) => specialTokens.mask);

/** Texts with masks, and the likeliest tokens there. */
export const maskCommandLine: TaskCommandLine<string, MaskPredictions> = {
  ...singleTextInputs,
  text: () => countingTruncated({ line: filledLine }),
  json: () =>
    countingTruncated({
      line: (text, masks) => `${JSON.stringify({ text, masks, ...truncatedField(masks) })}\n`,
    }),
  report: mistakeText,
};

/** The text with the likeliest token at each mask, and the probability of each. */
function filledLine(text: string, masks: MaskPredictions): string {
  const best = masks.map(([first]) => first!);
  const filled = withoutMasks(text, best);
  return `${[asCell(filled), ...best.map(({ score }) => score.toFixed(4))].join("\t")}\n`;
}

/** Which token the model's tokenizer calls its mask shows in how many the text has. */
function withoutMasks(text: string, best: readonly MaskPrediction[]): string {
  const between = MASK_TOKENS.map((mask) => text.split(mask)).find(
    (parts) => parts.length === best.length + 1,
  );
  if (!between) return text;
  return between.map((part, index) => (best[index - 1]?.token ?? "") + part).join("");
}
