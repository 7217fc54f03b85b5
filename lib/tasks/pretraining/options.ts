import { z } from "zod";
import type { MaskSplit } from "../../data/pretraining/masking.js";
import { expected } from "../../errors.js";
import { deviceOption, dtypeOption } from "../compute-options.js";
import { ranksOptions } from "../ranks-options.js";

/** What a phase of a run may have of its own; without phases, the run is one phase of these. */
const phase = z.strictObject({
  data: z.string().min(1).describe("directory that libbert prepare wrote").optional(),
  steps: z.int().positive().describe("updates to make").optional(),
  maxSeqLength: z.int().min(5).describe("tokens of a sequence, special tokens included").optional(),
  batchSize: z.int().positive().describe("sequences per update of each process").optional(),
  microBatchSize: z
    .int()
    .positive()
    .describe("sequences at a time, to save memory; default: the whole batch")
    .optional(),
  learningRate: z.number().positive().describe("highest learning rate").optional(),
  warmupRatio: z.number().min(0).max(1).describe("share of the updates over which the rate rises").optional(),
  schedule: z
    .enum(["linear", "constant", "cosine", "polynomial"])
    .describe("how the learning rate goes on; polynomial falls as the square root of what is left")
    .optional(),
});

/** The same fields of the whole run. The defaults are here alone: a phase would take its own before the run's values. */
const runFields = {
  data: phase.shape.data,
  steps: phase.shape.steps,
  maxSeqLength: withDefault(phase.shape.maxSeqLength, 128),
  batchSize: withDefault(phase.shape.batchSize, 256),
  microBatchSize: phase.shape.microBatchSize,
  learningRate: withDefault(phase.shape.learningRate, 1e-4),
  warmupRatio: withDefault(phase.shape.warmupRatio, 0.01),
  schedule: withDefault(phase.shape.schedule, "linear"),
};

function withDefault<Inner extends z.ZodType>(
  field: z.ZodOptional<Inner>,
  value: z.util.NoUndefined<z.output<Inner>>,
): z.ZodDefault<Inner> {
  const inner = field.unwrap();
  return inner.default(value).describe(inner.description ?? "");
}

/** "80/10/10" as shares; undefined when it is no such text. */
export function parseMaskSplit(split: string): MaskSplit | undefined {
  const percent = split.split("/").map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) : Number.NaN));
  if (percent.length !== 3 || Math.abs(percent.reduce((sum, part) => sum + part, 0) - 100) > 1e-9)
    return undefined;
  const [mask, random, keep] = percent.map((part) => part / 100) as [number, number, number];
  return { mask, random, keep };
}

/** Options of `pretrain()` and of `libbert pretrain`; the descriptions are the command's help. */
export const pretrainOptions = z.strictObject({
  ...runFields,
  phases: z
    .array(phase)
    .min(1)
    .optional()
    .describe("phases one after the other; what one leaves out it has from above"),
  recipe: z.enum(["paper", "lamb"]).optional().describe("published settings for all that is not given"),
  size: z
    .enum(["tiny", "mini", "small", "medium", "base", "large"])
    .default("base")
    .describe("size of the new model"),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe("dropout of the new model; 0 learns faster where no text is seen twice"),
  continueFrom: z.string().min(1).optional().describe("checkpoint to start from instead of a new model"),
  objective: z
    .enum(["mlm+nsp", "mlm", "causal"])
    .default("mlm+nsp")
    .describe("masked words and next sentence, masked words alone, or the next word from left to right"),
  maskRate: z.number().gt(0).lt(1).default(0.15).describe("share of the tokens to predict"),
  maskSplit: z
    .string()
    .refine(
      (split) => parseMaskSplit(split) !== undefined,
      "three percentages that add up to 100, such as 80/10/10,",
    )
    .default("80/10/10")
    .describe("percent of the tokens to predict that become [MASK], become a random token, stay"),
  wholeWord: z.boolean().default(false).describe("mask whole words"),
  maxPredictionsPerSequence: z
    .int()
    .positive()
    .optional()
    .describe("most tokens to predict; default: the mask rate of the length, rounded up"),
  shortSequenceProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("how often a sequence is meant to be short"),
  optimizer: z
    .enum(["bert-adam", "adamw", "lamb"])
    .default("bert-adam")
    .describe(
      "bert-adam is the paper's code: no bias correction, so it learns nothing at rates that adamw can still take; " +
        "lamb is for very large batches",
    ),
  weightDecay: z.number().min(0).default(0.01).describe("decay of all weights but biases and LayerNorm"),
  maxGradNorm: z.number().positive().default(1).describe("clip gradients to this norm"),
  outputDir: z.string().min(1).describe("where snapshots, the log and the model go"),
  resume: z.boolean().default(false).describe("go on from the newest intact snapshot"),
  changeSchedule: z
    .boolean()
    .default(false)
    .describe(
      "resume with another learning rate, warm-up or schedule than before, such as after a divergence",
    ),
  overwrite: z.boolean().default(false).describe("allow an output directory that holds files already"),
  snapshotEvery: z.int().positive().default(1000).describe("updates between snapshots"),
  keepSnapshots: z.int().positive().default(2).describe("how many snapshots to keep"),
  logEvery: z.int().positive().default(100).describe("updates between lines of the log"),
  evaluateEvery: z
    .int()
    .positive()
    .optional()
    .describe("updates between evaluations on the validation split; default: at the end alone"),
  evaluationSequences: z
    .int()
    .positive()
    .default(1024)
    .describe(
      "sequences of an evaluation; they are masked as in the paper, 15 % and 80/10/10, whatever training does",
    ),
  seed: z.int().min(0).default(1).describe("source of every random choice"),
  device: deviceOption,
  dtype: dtypeOption,
  ...ranksOptions,
});

/** Checked options, defaults filled in. */
export type PretrainSettings = z.output<typeof pretrainOptions>;

/** A phase with all that it needs. */
export type Phase = Required<z.output<typeof phase>>;

/** The run's phases, each filled up with the run's own settings. @throws ERR_OPTION when one lacks data or steps */
export function phasesOf(settings: PretrainSettings): Phase[] {
  const { phases = [{}] } = settings;
  return phases.map((own, index) => {
    const where = settings.phases ? `phases.${index}.` : "";
    const { data = settings.data, steps = settings.steps } = own;
    if (data === undefined) throw expected("a prepared corpus", `${where}data`, undefined);
    if (steps === undefined) throw expected("a number of updates", `${where}steps`, undefined);
    const { batchSize = settings.batchSize } = own;
    return {
      data,
      steps,
      batchSize,
      microBatchSize: own.microBatchSize ?? settings.microBatchSize ?? batchSize,
      maxSeqLength: own.maxSeqLength ?? settings.maxSeqLength,
      learningRate: own.learningRate ?? settings.learningRate,
      warmupRatio: own.warmupRatio ?? settings.warmupRatio,
      schedule: own.schedule ?? settings.schedule,
    };
  });
}
