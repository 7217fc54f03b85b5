import { z } from "zod";
import { areDistinct } from "../arrays.js";
import { budgetOption } from "../options/budget-option.js";
import { cardOptions } from "../options/card-options.js";
import { trainingComputeOptions } from "../options/compute-options.js";
import { hubOptions, MODEL } from "../options/hub-options.js";
import {
  DEFAULT_SEED,
  maxGradNormOption,
  optimizerOption,
  seedField,
  weightDecayOption,
} from "../options/optimizer-options.js";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";
import { ranksOptions } from "../options/ranks-options.js";
import { rowsOption } from "../options/row-options.js";
import type { OptionsUnion } from "../options/schema.js";
import {
  changeScheduleOption,
  keepSnapshotsOption,
  resumeOption,
  snapshotEveryField,
  snapshotMinutesField,
} from "../options/snapshot-options.js";
import { tensorboardOptions } from "../options/tensorboard-options.js";
import { SPECS, specOf, type TaskName } from "../tasks/find-spec.js";
import type { TaskSpec } from "../tasks/spec.js";

/** What a default may depend on. */
interface OfTask {
  task: TaskName;
}

/** What a run has unless it is told otherwise, or chooses by a budget. */
export const DEFAULTS = { epochs: 3, batchSize: 32 } as const;

/** A default that `withDefaults` fills in. */
const byDefault = (value: number) => ({
  defaultText: `\`${value}\``,
  isDefault: (given: number) => given === value,
});

/** Options of `fineTune()` that every task has; `tasks/<task>/spec.ts` has its own. */
export const commonOptions = {
  model: pathField().describe(`${MODEL}: what to train further`).register(optionMeta, { isPath: true }),
  train: rowsOption(
    "training rows, in files, patterns of files, or memory: text and label (or labels, or score) columns; tagged words, or texts with entities; choices; questions with contexts and answers",
  ),
  validation: rowsOption("rows to evaluate on after each epoch").optional(),
  layers: z
    .union(
      [
        z.int().positive(),
        z
          .array(z.int().min(0))
          .min(1)
          .refine(
            (layers) => layers.every((layer, index) => index === 0 || layer > layers[index - 1]!),
            "layers in their order, each once",
          ),
      ],
      "a number of layers, or those that are kept, from 0",
    )
    .optional()
    .describe(
      "of the model's layers, how many are kept, or which, from 0: N are the last of each of N equal parts",
    )
    .register(optionMeta, { defaultText: "all", unit: "layers", sameOnAllRanks: false }),
  outputDir: pathField()
    .optional()
    .describe("where to save the model and training_report.json; without it nothing is saved")
    .register(optionMeta, { isPath: true }),
  overwrite: z
    .boolean()
    .default(false)
    .describe("allow an output directory that holds files already")
    .register(optionMeta, { decidesResult: false }),
  resume: resumeOption(),
  changeSchedule: changeScheduleOption("epochs"),
  snapshotEvery: snapshotEveryField.optional().register(optionMeta, { defaultText: "by the clock alone" }),
  snapshotMinutes: snapshotMinutesField.default(10),
  keepSnapshots: keepSnapshotsOption,
  limit: z
    .int()
    .positive()
    .optional()
    .describe("use the first N training rows")
    .register(optionMeta, { defaultText: "all", unit: "rows" }),
  budget: budgetOption("row", "`batchSize`, `epochs` and `evaluateEvery`"),
  epochs: z
    .number()
    .positive()
    .optional()
    .describe("passes over the training rows; of the part of one, that share of its updates")
    .register(optionMeta, byDefault(DEFAULTS.epochs)),
  batchSize: z
    .int()
    .positive()
    .optional()
    .describe("rows per update of each process")
    .register(optionMeta, { ...byDefault(DEFAULTS.batchSize), unit: "rows" }),
  microBatchSize: z
    .union([z.int().positive(), z.literal("auto")], 'a positive integer or "auto"')
    .optional()
    .describe(
      "rows at a time: gradients are added up, so the result is the same; `auto`: as many as fit the free memory",
    )
    .register(optionMeta, { defaultText: "the whole batch", unit: "rows", decidesResult: false }),
  gradientCheckpointing: z
    .boolean()
    .default(false)
    .describe(
      "compute each layer again in backward: the same result, far less memory, up to a third more time",
    )
    .register(optionMeta, { decidesResult: false }),
  learningRate: z.number().positive().default(5e-5).describe("highest learning rate"),
  schedule: z
    .enum(["linear", "constant", "cosine"])
    .default("linear")
    .describe("how the learning rate changes after the warm-up"),
  warmupRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("share of the updates over which the rate rises"),
  optimizer: optimizerOption("adamw"),
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
    .describe("leave the embeddings and the first N layers as they are")
    .register(optionMeta, { defaultText: "train all", unit: "layers" }),
  encoder: z
    .enum(["fine-tuned", "frozen"])
    .default("fine-tuned")
    .describe("`frozen` trains only what is above the layers"),
  weightDecay: weightDecayOption,
  maxGradNorm: maxGradNormOption,
  maxSeqLength: z
    .int()
    .min(3)
    .optional()
    .describe(
      "tokens per text, special tokens included: longer texts are cut, but those of token-classification and masked-words and the contexts of questions have several windows",
    )
    .register(optionMeta, {
      defaultText: "128, for reranking 256, for question-answering 384; less where the model reads less",
      unit: "tokens",
      sameOnAllRanks: false,
    }),
  groupByLength: z.boolean().default(false).describe("put texts of similar length into one batch"),
  evaluateEvery: z
    .int()
    .positive()
    .optional()
    .describe("evaluate every N updates, too")
    .register(optionMeta, { defaultText: "after each epoch alone", unit: "updates" }),
  metric: z
    .string()
    .optional()
    .describe("figure of the evaluation by which the best weights are chosen, such as accuracy")
    .register(optionMeta, {
      defaultText: "the task's first",
      isDefault: (metric: string, { task }: OfTask) => metric === Object.keys(specOf(task).metrics)[0],
      sameOnAllRanks: false,
    }),
  loadBest: z
    .boolean()
    .optional()
    .describe("end with the weights of the best evaluation instead of the last")
    .register(optionMeta, { defaultText: "true with patience or seeds, else false" }),
  patience: z
    .int()
    .positive()
    .optional()
    .describe("stop after so many evaluations without a better one")
    .register(optionMeta, { defaultText: "train all epochs", unit: "evaluations" }),
  seed: seedField.optional().register(optionMeta, { defaultText: `\`${DEFAULT_SEED}\`` }),
  seeds: z
    .array(z.int().min(0))
    .min(2)
    .refine(areDistinct, "distinct seeds")
    .optional()
    .describe(
      "train once with each, report mean and deviation, and keep the best model by the validation rows",
    )
    .register(optionMeta, { defaultText: "the one seed" }),
  ...tensorboardOptions,
  ...hubOptions,
  ...cardOptions,
  ...trainingComputeOptions,
  ...ranksOptions,
};

type CommonSettings = z.output<z.ZodObject<typeof commonOptions>>;

/** Options of single tasks that the run itself looks at. */
type SharedOwnSettings = {
  balancedSampling?: boolean;
  calibrate?: boolean;
  explainMistakes?: number;
  teacher?: string;
};

/** Checked options, defaults filled in. What else a task has of its own, `ownOptions` gives. */
export type FineTuneSettings = CommonSettings & { task: TaskName } & SharedOwnSettings;

/** The same of a run that is about to begin. */
export type RunSettings = FineTuneSettings & Record<keyof typeof DEFAULTS, number>;

export function withDefaults(settings: FineTuneSettings): RunSettings {
  const { epochs = DEFAULTS.epochs, batchSize = DEFAULTS.batchSize } = settings;
  return { ...settings, epochs, batchSize };
}

/** The seed of a run that has but one. */
export function seedOf({ seed = DEFAULT_SEED }: Pick<FineTuneSettings, "seed">): number {
  return seed;
}

/** The length to which a run cuts texts. @param longest the tokens that its model has positions for */
export function lengthOfTexts(
  { task, maxSeqLength }: Pick<FineTuneSettings, "task" | "maxSeqLength">,
  longest: number,
): number {
  return maxSeqLength ?? Math.min(specOf(task).maxSeqLength, longest);
}

/** Whether the run ends with the weights of its best evaluation. */
export function loadsBest({
  loadBest,
  patience,
  seeds,
}: Pick<FineTuneSettings, "loadBest" | "patience" | "seeds">): boolean {
  return loadBest ?? (patience !== undefined || seeds !== undefined);
}

/** The settings with the defaults that depend on other options: runs that compute the same have the same. */
export function completeSettings<
  Settings extends Pick<FineTuneSettings, "seed" | "seeds" | "loadBest" | "patience">,
>(settings: Settings): Settings {
  const seed = settings.seeds === undefined ? seedOf(settings) : undefined;
  return { ...settings, seed, loadBest: loadsBest(settings) };
}

/** The options of `fineTune()` for one task. */
function optionsOf(spec: TaskSpec) {
  return z.strictObject({
    task: z.literal(spec.name).describe("what to learn"),
    ...commonOptions,
    ...spec.options,
  });
}

/** Options that differ by task. @param memberOf what becomes of the options of `fineTune()` for each task */
export function taskUnion(memberOf: (options: ReturnType<typeof optionsOf>) => z.ZodObject): OptionsUnion {
  const [first, ...rest] = SPECS.map((spec) => memberOf(optionsOf(spec)));
  return z.discriminatedUnion("task", [first!, ...rest]);
}

/** Options of `fineTune()`: a union on `task`. */
export const fineTuneOptions = taskUnion((options) => options);

/** Of checked options, those that the task alone has. */
export function ownOptions(spec: TaskSpec, settings: FineTuneSettings): Record<string, unknown> {
  const all: Readonly<Record<string, unknown>> = settings;
  return Object.fromEntries(Object.keys(spec.options).map((name) => [name, all[name]]));
}
