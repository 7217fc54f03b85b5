import { z } from "zod";
import type { RowSource } from "../../data/readers/rows.js";
import { TAGGING_SCHEMES } from "../../data/tagging/scheme.js";
import { TOKEN_FEATURES } from "../../models/token-features.js";
import { deviceOption, dtypeOption } from "../compute-options.js";
import { ranksOptions } from "../ranks-options.js";
import type { ProgressEvent } from "./progress.js";
import { MODEL_KINDS, TASK_NAMES } from "./task-names.js";

const isIterable = (value: unknown) =>
  typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);

export const rowSource = z.custom<RowSource>(
  (value) => (typeof value === "string" && value !== "") || isIterable(value),
  "the path of a file, an array or an iterable of rows",
);

export const columnsOption = z
  .strictObject({
    text: z.string().optional().describe("column of the text; default: text, sentence or sentence1"),
    textPair: z
      .string()
      .optional()
      .describe("column of a pair's second text; default: textPair or sentence2"),
    label: z
      .string()
      .optional()
      .describe(
        "column of the label, labels or score; default: label, for multi-label also labels, for regression score, for " +
          "token-classification tags or entities",
      ),
  })
  .optional()
  .describe("names of the columns");

/** Options of `fineTune()` and of `libbert fine-tune`; the descriptions are the command's help. */
export const fineTuneOptions = z.strictObject({
  task: z.enum(TASK_NAMES).describe("what to learn"),
  model: z.string().min(1).describe("directory of the pre-trained model, in Hugging Face layout"),
  train: rowSource.describe(
    "training rows: text and label (or labels, or score) columns; tagged words, or texts with entities; choices; " +
      "questions with contexts and answers",
  ),
  validation: rowSource.optional().describe("rows to evaluate on after each epoch"),
  outputDir: z.string().min(1).optional().describe("where to save the model; nothing is saved without it"),
  overwrite: z.boolean().default(false).describe("allow an output directory that holds files already"),
  labels: z
    .array(z.string().min(1))
    .min(2)
    .refine((labels) => new Set(labels).size === labels.length, "distinct labels")
    .optional()
    .describe("label names in class order; default: those of the training rows, sorted"),
  columns: columnsOption,
  threshold: z
    .union([z.number().min(0).max(1), z.literal("tuned")], {
      error: () => ({ message: 'a number from 0 to 1 or "tuned"' }),
    })
    .optional()
    .describe(
      "multi-label: from which probability on a label counts, or tuned: for each label that with the highest F1 on " +
        "the validation rows; default: 0.5",
    ),
  limit: z.int().positive().optional().describe("use the first N training rows"),
  epochs: z.int().positive().default(3).describe("passes over the training rows"),
  batchSize: z.int().positive().default(32).describe("rows per update of each process"),
  microBatchSize: z
    .union([z.int().positive(), z.literal("auto")], 'a positive integer or "auto"')
    .optional()
    .describe(
      "rows at a time, to save memory; auto: as many as fit the free memory; default: the whole batch",
    ),
  gradientCheckpointing: z
    .boolean()
    .default(false)
    .describe("compute each layer again in backward: far less memory, up to a third more time"),
  learningRate: z.number().positive().default(5e-5).describe("highest learning rate"),
  schedule: z
    .enum(["linear", "constant", "cosine"])
    .default("linear")
    .describe("how the learning rate goes on after the warm-up"),
  warmupRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("share of the updates over which the rate rises"),
  optimizer: z
    .enum(["adamw", "bert-adam"])
    .default("adamw")
    .describe("adamw as PyTorch; bert-adam as the paper's code, without bias correction"),
  layerDecay: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe("learning rate of each layer as a share of that of the layer above"),
  freezeLayers: z
    .int()
    .min(0)
    .optional()
    .describe("leave the embeddings and the first N layers as they are; default: train all"),
  encoder: z
    .enum(["fine-tuned", "frozen"])
    .optional()
    .describe("frozen trains only what is above the layers; default: fine-tuned"),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("share of the target that is spread over all labels; default: 0"),
  classWeights: z
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
      "weight of each label in the loss: balanced, w,w,... in the labels' order, or label=w,...; default: 1 for all",
    ),
  balancedSampling: z
    .boolean()
    .optional()
    .describe("draw the rows of each epoch so that every label comes equally often"),
  weightDecay: z.number().min(0).default(0.01).describe("decay of all weights but biases and LayerNorm"),
  maxGradNorm: z.number().positive().default(1).describe("clip gradients to this norm"),
  maxSeqLength: z
    .int()
    .min(3)
    .optional()
    .describe(
      "tokens per text, special tokens included: longer texts are cut, but those of token-classification and the " +
        "contexts of questions have several windows; default: 128, for question-answering 384",
    ),
  docStride: z
    .int()
    .min(0)
    .optional()
    .describe(
      "question-answering: tokens that neighbouring windows of a long context share; default: 128, or a third of " +
        "maxSeqLength",
    ),
  maxQuestionLength: z
    .int()
    .positive()
    .optional()
    .describe("question-answering: tokens to which longer questions are cut; default: they are not cut"),
  maxAnswerLength: z
    .int()
    .positive()
    .optional()
    .describe("question-answering: tokens that a predicted answer may have; default: 30"),
  maskRate: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("masked-words: share of the tokens to predict; default: 0.15"),
  wholeWord: z.boolean().optional().describe("masked-words: mask whole words"),
  scheme: z
    .enum(TAGGING_SCHEMES)
    .optional()
    .describe("token-classification: how tags mark entities; default: what the training rows show, or BIO"),
  documentContext: z
    .boolean()
    .optional()
    .describe("token-classification: read a sentence with those around it in its document"),
  features: z
    .enum(TOKEN_FEATURES)
    .optional()
    .describe("token-classification: what the new layer sees of a frozen encoder; default: last-hidden"),
  groupByLength: z.boolean().default(false).describe("put texts of similar length into one batch"),
  evaluateEvery: z.int().positive().optional().describe("evaluate also every N updates"),
  metric: z
    .string()
    .optional()
    .describe(
      "figure of the evaluation that tells the best state, such as accuracy; default: the task's first",
    ),
  loadBest: z
    .boolean()
    .optional()
    .describe(
      "end with the weights of the best evaluation instead of the last; default: with patience or seeds",
    ),
  patience: z
    .int()
    .positive()
    .optional()
    .describe("stop after so many evaluations without a better metric; default: train all epochs"),
  seed: z.int().min(0).default(1).describe("source of every random choice"),
  seeds: z
    .array(z.int().min(0))
    .min(2)
    .refine((seeds) => new Set(seeds).size === seeds.length, "distinct seeds")
    .optional()
    .describe("train once with each, report mean and deviation, keep the best model by the validation rows"),
  device: deviceOption,
  dtype: dtypeOption,
  ...ranksOptions,
});

/** What a call takes beside its settings. */
export const callOptions = {
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z
    .custom<(event: ProgressEvent) => void>((value) => typeof value === "function", "a function")
    .optional(),
};

/** Checked options, defaults filled in. */
export type FineTuneSettings = z.output<typeof fineTuneOptions>;

export const loadOptions = z.strictObject({
  task: z.enum(MODEL_KINDS).optional().describe("what the model must be for; default: what its files say"),
  device: deviceOption,
  dtype: dtypeOption,
});
export type LoadSettings = z.output<typeof loadOptions>;
