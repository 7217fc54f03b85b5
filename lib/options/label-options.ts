import { z } from "zod";
import { firstRepeated } from "../arrays.js";
import { optionMeta } from "./option.js";

/** A label as it is compared: without white space around it, and in Unicode's composed form (NFC). */
export function cleanLabel(label: string): string {
  return label.normalize("NFC").trim();
}

/** The option `labels`. @param fewest how many there are at least */
function labelNames(fewest: number) {
  return z
    .array(z.string().refine((label) => cleanLabel(label) !== "", "a text that is not empty"))
    .min(fewest)
    .superRefine((labels, { addIssue }) => {
      const names = labels.map(cleanLabel);
      const repeated = firstRepeated(names);
      if (repeated !== undefined)
        addIssue({ code: "custom", message: `distinct labels (${JSON.stringify(repeated)} comes twice)` });
    })
    .optional()
    .describe("label names in class order")
    .register(optionMeta, { defaultText: "those of the training rows, sorted", sameOnAllRanks: false });
}

/** Options that several tasks with labels have. */
export const labelsOption = labelNames(2);

/** Where each label is decided by itself, there may be one alone. */
export const independentLabelsOption = labelNames(1);

export const labelSmoothingOption = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe("share of the target that is spread over all labels");

export const classWeightsOption = z
  .union(
    [
      z.literal("balanced"),
      z.array(z.number().positive()).min(2),
      z.record(z.string(), z.number().positive()),
    ],
    '"balanced", positive weights in the labels\' order, or by label',
  )
  .optional()
  .describe(
    "weight of each label in the loss: balanced, w,w,... in the labels' order, or label=w,...; labels that are left out have 1",
  )
  .register(optionMeta, {
    defaultText: "1 for all",
    isDefault: (weights: object) => Object.values(weights).every((weight) => weight === 1),
    sameOnAllRanks: false,
  });

/** Of a model that is there already: see `withLabels`. */
export const newLabelsOption = z
  .union(
    [z.array(z.string().min(1)).min(1), z.record(z.string(), z.string().min(1))],
    "names in class order, or other names by the model's own",
  )
  .optional()
  .describe("other names for the model's labels: all in class order, or old=new,... for some")
  .register(optionMeta, { defaultText: "those in its files" });
