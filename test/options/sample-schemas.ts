import { z } from "zod";
import { optionMeta } from "../../lib/options/option.js";
import type { CallerInput } from "./caller-input.js";

export type Rows = string | Iterable<{ text: string }>;

const phase = z.strictObject({
  data: z.string().optional().describe("directory of the corpus").register(optionMeta, { isPath: true }),
  steps: z.int().positive().describe("updates to make").register(optionMeta, { unit: "updates" }).optional(),
  microBatchSize: z
    .int()
    .optional()
    .describe("rows at a time")
    .register(optionMeta, { decidesResult: false }),
});

/** An option of every kind that this repository's schemas have. */
export const everyKind = z.strictObject({
  model: z.string().min(1).describe("directory of the model").register(optionMeta, { isPath: true }),
  rows: z
    .custom<Rows>((value) => typeof value === "string" || Array.isArray(value))
    .describe("file or rows")
    .register(optionMeta, { typeName: "Rows", isPath: true }),
  columns: z
    .strictObject({
      text: z
        .string()
        .optional()
        .describe("column of the text")
        .register(optionMeta, { defaultText: "`text` or `sentence`" }),
      label: z.string().describe("column of the label"),
    })
    .optional()
    .describe("names of the columns"),
  phases: z.array(phase).min(1).optional().describe("phases one after the other"),
  epochs: z.int().positive().default(3).describe("passes over the rows"),
  learningRate: z.number().positive().describe("highest learning rate").default(5e-5),
  timeout: z
    .number()
    .default(300)
    .describe("how long to wait. Longer is safer")
    .register(optionMeta, { unit: "seconds", decidesResult: false }),
  overwrite: z.boolean().default(false).describe("allow a full directory"),
  schedule: z.enum(["linear", "cosine"]).default("linear").describe("how the rate goes on"),
  task: z.literal("classification").describe("what to learn"),
  threshold: z
    .union([z.number(), z.literal("tuned")])
    .optional()
    .describe("from which probability on a label counts"),
  weights: z
    .union([z.literal("balanced"), z.array(z.number()).min(2), z.record(z.string(), z.number())])
    .nullable()
    .describe("weight of each label"),
  layers: z
    .array(z.union([z.int(), z.enum(["first", "last"])]))
    .default([-1])
    .describe("layers to take"),
  grid: z
    .record(z.string(), z.array(z.unknown()))
    .default({ batchSize: [16, 32], schedule: ["linear"] })
    .describe("values to try, as in bench/**/*.json"),
  betas: z
    .tuple([z.number(), z.number()])
    .prefault([0.9, 0.999])
    .describe(
      "how slowly the two moving averages of the gradient and of its square forget: each is the share of the old " +
        "average that is kept, so values near one average over many updates and small ones over few",
    ),
  stored: z.number().nullish().describe("what the checkpoint has"),
  signal: z.instanceof(AbortSignal).optional().describe("aborts the run"),
  onProgress: z
    .custom<(event: string) => void>((value) => typeof value === "function")
    .optional()
    .describe("is told of every event")
    .register(optionMeta, { typeName: "(event: string) => void", decidesResult: false }),
});
export type EveryKind = CallerInput<typeof everyKind>;

const shared = {
  model: z.string().min(1).describe("directory of the model"),
  epochs: z.int().positive().default(3).describe("passes over the rows"),
};

/** Options that differ by task. */
export const byTask = z.discriminatedUnion("task", [
  z.strictObject({
    task: z.literal("classification").describe("one label a row"),
    ...shared,
    labelSmoothing: z.number().min(0).optional().describe("share of the target to spread"),
  }),
  z.strictObject({
    task: z.literal("multi-label").describe("any labels"),
    ...shared,
    threshold: z.number().default(0.5).describe("from which probability on a label counts"),
    columns: z
      .strictObject({ labels: z.string().optional().describe("column of the labels") })
      .optional()
      .describe("names of the columns"),
  }),
  z.strictObject({
    task: z.literal("question-answering").describe("spans of a context"),
    ...shared,
    docStride: z.int().min(0).optional().describe("tokens that windows share"),
    threshold: z
      .union([z.number(), z.literal("tuned")], 'a number or "tuned"')
      .optional()
      .describe("how sure an answer has to be"),
    limits: z
      .record(z.string(), z.strictObject({ maxLength: z.int().describe("longest answer") }))
      .optional()
      .describe("limits by kind of question"),
    columns: z
      .strictObject({ answer: z.string().optional().describe("column of the answer") })
      .optional()
      .describe("names of the columns"),
  }),
]);
