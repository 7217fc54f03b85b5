import { z } from "zod";
import { optionMeta } from "./option.js";

/** Options that several tasks with labels have. */
export const labelsOption = z
  .array(z.string().min(1))
  .min(2)
  .refine((labels) => new Set(labels).size === labels.length, "distinct labels")
  .optional()
  .describe("label names in class order")
  .register(optionMeta, { defaultText: "those of the training rows, sorted" });

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
  .register(optionMeta, { defaultText: "1 for all" });

/** Of a model that is there already: see `withLabels`. */
export const newLabelsOption = z
  .union(
    [z.array(z.string().min(1)).min(1), z.record(z.string(), z.string().min(1))],
    "names in class order, or other names by the model's own",
  )
  .optional()
  .describe("other names for the model's labels: all in class order, or old=new,... for some")
  .register(optionMeta, { defaultText: "those in its files" });
