import { z } from "zod";
import { sumOf } from "../arrays.js";
import { type MaskSplit, mostPredictions } from "../data/pretraining/masking.js";
import { expected } from "../errors.js";
import { budgetOption } from "../options/budget-option.js";
import { cardOptions } from "../options/card-options.js";
import { trainingComputeOptions } from "../options/compute-options.js";
import { hubOptions } from "../options/hub-options.js";
import {
  maxGradNormOption,
  optimizerOption,
  seedOption,
  weightDecayOption,
} from "../options/optimizer-options.js";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";
import { ranksOptions } from "../options/ranks-options.js";
import {
  changeScheduleOption,
  keepSnapshotsOption,
  resumeOption,
  snapshotEveryField,
  snapshotMinutesField,
} from "../options/snapshot-options.js";
import { tensorboardOptions } from "../options/tensorboard-options.js";

/** More per update are a slip of the finger: each is looked up before the update. */
const MOST_SEQUENCES = 2 ** 20;

/** What a phase of a run may have of its own; without phases, the run is one phase of these. */
const phaseFields = z.strictObject({
  data: pathField().describe("directory that `libbert prepare` wrote").register(optionMeta, { isPath: true }),
  steps: z.int().positive().describe("how long to train").register(optionMeta, { unit: "updates" }),
  maxSeqLength: z
    .int()
    .min(5)
    .describe("the longest sequence, special tokens included")
    .register(optionMeta, { unit: "tokens" }),
  batchSize: z.int().positive().max(MOST_SEQUENCES).describe("sequences per update of each process"),
  microBatchSize: z
    .int()
    .positive()
    .describe("sequences at a time, to save memory")
    .register(optionMeta, { decidesResult: false }),
  learningRate: z.number().positive().describe("the highest learning rate"),
  warmupRatio: z.number().min(0).max(1).describe("share of the updates over which the learning rate rises"),
  schedule: z
    .enum(["linear", "constant", "cosine", "polynomial"])
    .describe("how the learning rate changes; `polynomial` falls as the square root of what is left"),
});

/** What one phase can be told. What it leaves out, it has from the run: the defaults are there alone. */
export const phaseOptions = phaseFields.partial();

const { shape } = phaseFields;

/** What a new model has unless it is told otherwise. */
export const NEW_MODEL = { size: "base", dropout: 0.1 } as const;

/** How words are masked unless it is told otherwise (paper, section 3.1, task 1). */
export const MASKED_WORDS = { maskRate: 0.15, maskSplit: "80/10/10", wholeWord: false } as const;

/** A default that `completeSettings` fills in, as documentation shows it. */
const asDefault = (value: unknown) => ({ defaultText: `\`${JSON.stringify(value)}\`` });

/** What a phase has unless it, or the run, is told otherwise. */
const DEFAULT_PHASE = {
  maxSeqLength: 128,
  batchSize: 256,
  learningRate: 1e-4,
  warmupRatio: 0.01,
  schedule: "linear",
} as const;

const phaseDefault = (name: keyof typeof DEFAULT_PHASE) => asDefault(DEFAULT_PHASE[name]);

const OF_EACH_PHASE = "required, unless each phase has its own, or the run to resume has";

/** "80/10/10" as shares; undefined when it is no such text. */
export function parseMaskSplit(split: string): MaskSplit | undefined {
  const percent = split.split("/").map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) : Number.NaN));
  if (percent.length !== 3 || Math.abs(sumOf(percent) - 100) > 1e-9) return undefined;
  const [mask, random, keep] = percent.map((part) => part / 100) as [number, number, number];
  return { mask, random, keep };
}

/** Whether so many tokens are predicted at most in every phase, too, where the options do not say. */
function areMostByDefault(
  most: number,
  options: { maskRate?: number; maxSeqLength?: number; phases?: readonly { maxSeqLength?: number }[] },
): boolean {
  const { maskRate, phases = [{}], maxSeqLength: ofRun = DEFAULT_PHASE.maxSeqLength } = options;
  return phases.every(({ maxSeqLength = ofRun }) => most === mostPredictions(maxSeqLength, maskRate));
}

/** Options of `pretrain()` and of `libbert pretrain`. */
export const pretrainOptions = z.strictObject({
  data: shape.data.optional().register(optionMeta, { defaultText: OF_EACH_PHASE }),
  steps: shape.steps
    .optional()
    .register(optionMeta, { defaultText: `${OF_EACH_PHASE}, or there is a budget` }),
  budget: budgetOption(
    "sequence",
    "`steps`, and of `size`, `phases` or `batchSize`, `learningRate`, `warmupRatio` and `evaluateEvery` what is not given",
  ),
  maxSeqLength: shape.maxSeqLength.optional().register(optionMeta, phaseDefault("maxSeqLength")),
  batchSize: shape.batchSize.optional().register(optionMeta, phaseDefault("batchSize")),
  microBatchSize: shape.microBatchSize.optional().register(optionMeta, { defaultText: "the whole batch" }),
  learningRate: shape.learningRate.optional().register(optionMeta, phaseDefault("learningRate")),
  warmupRatio: shape.warmupRatio.optional().register(optionMeta, phaseDefault("warmupRatio")),
  schedule: shape.schedule.optional().register(optionMeta, phaseDefault("schedule")),
  phases: z
    .array(phaseOptions)
    .min(1)
    .optional()
    .describe("phases, one after the other; what one leaves out, it has from the options of the run")
    .register(optionMeta, { defaultText: "one phase" }),
  recipe: z
    .enum(["paper", "lamb"])
    .optional()
    .describe("published settings for all that is not given")
    .register(optionMeta, { defaultText: "none", decidesResult: false }), // the settings it stands for do
  size: z
    .enum(["tiny", "mini", "small", "medium", "base", "large"])
    .optional()
    .describe("size of the new model; not beside `continueFrom`")
    .register(optionMeta, asDefault(NEW_MODEL.size)),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe(
      "dropout of the new model, not beside `continueFrom`; 0 learns faster where no text is seen twice",
    )
    .register(optionMeta, asDefault(NEW_MODEL.dropout)),
  continueFrom: pathField()
    .optional()
    .describe(
      "folder of a BERT model, or its name on the Hugging Face Hub, to start from instead of a new model",
    )
    .register(optionMeta, { defaultText: "a new model", isPath: true }),
  objective: z
    .enum(["mlm+nsp", "mlm", "causal"])
    .default("mlm+nsp")
    .describe("masked words and next sentence, masked words alone, or the next word from left to right"),
  maskRate: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("share of the tokens to predict; this and the three below not with the objective `causal`")
    .register(optionMeta, asDefault(MASKED_WORDS.maskRate)),
  maskSplit: z
    .string()
    .refine(
      (split) => parseMaskSplit(split) !== undefined,
      "three percentages that add up to 100, such as 80/10/10,",
    )
    .optional()
    .describe("percent of the tokens to predict that become `[MASK]`, become a random token, stay")
    .register(optionMeta, asDefault(MASKED_WORDS.maskSplit)),
  wholeWord: z
    .boolean()
    .optional()
    .describe("mask whole words")
    .register(optionMeta, asDefault(MASKED_WORDS.wholeWord)),
  maxPredictionsPerSequence: z
    .int()
    .positive()
    .optional()
    .describe("the most tokens of a sequence to predict")
    .register(optionMeta, {
      defaultText: "`maskRate` of `maxSeqLength`, rounded up",
      isDefault: areMostByDefault,
      unit: "tokens",
    }),
  shortSequenceProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("how often a sequence is meant to be shorter than `maxSeqLength`"),
  optimizer: optimizerOption("bert-adam"),
  weightDecay: weightDecayOption,
  maxGradNorm: maxGradNormOption,
  outputDir: pathField()
    .describe("where snapshots, the log and the model go")
    .register(optionMeta, { isPath: true }),
  resume: resumeOption("; a run that has made all its updates can be given more `steps`"),
  changeSchedule: changeScheduleOption("updates"),
  overwrite: z
    .boolean()
    .default(false)
    .describe("allow an output directory that holds files already")
    .register(optionMeta, { decidesResult: false }),
  snapshotEvery: snapshotEveryField.default(1000),
  snapshotMinutes: snapshotMinutesField.default(0),
  keepSnapshots: keepSnapshotsOption,
  logEvery: z
    .int()
    .positive()
    .default(100)
    .describe("how often to write a line of the log")
    .register(optionMeta, { unit: "updates", decidesResult: false }),
  evaluateEvery: z
    .int()
    .positive()
    .optional()
    .describe("how often to evaluate on the validation documents")
    .register(optionMeta, {
      defaultText: "at the end alone",
      unit: "updates",
      decidesResult: false,
      sameOnAllRanks: true,
    }),
  evaluationSequences: z
    .int()
    .positive()
    .default(1024)
    .describe(
      "size of an evaluation; its sequences are masked as in the paper, 15 % and 80/10/10, whatever training does",
    )
    .register(optionMeta, { unit: "sequences" }),
  seed: seedOption,
  ...tensorboardOptions,
  ...hubOptions,
  ...cardOptions,
  ...trainingComputeOptions,
  ...ranksOptions,
});

/** Checked options, defaults filled in. */
export type PretrainSettings = z.output<typeof pretrainOptions>;

/** A phase with all that it needs. */
export type Phase = z.output<typeof phaseFields>;

/** The same with what phases have that are not told otherwise. */
export function withPhaseDefaults<
  Settings extends Partial<Pick<PretrainSettings, keyof typeof DEFAULT_PHASE>>,
>(settings: Settings) {
  const {
    maxSeqLength = DEFAULT_PHASE.maxSeqLength,
    batchSize = DEFAULT_PHASE.batchSize,
    learningRate = DEFAULT_PHASE.learningRate,
    warmupRatio = DEFAULT_PHASE.warmupRatio,
    schedule = DEFAULT_PHASE.schedule,
  } = settings;
  return { ...settings, maxSeqLength, batchSize, learningRate, warmupRatio, schedule };
}

/** What an error calls an option of a phase. */
export function ofPhase({ phases }: PretrainSettings, index: number, option: keyof Phase): string {
  return phases ? `phases.${index}.${option}` : option;
}

/** The run's phases, each filled up with the run's own settings. @throws ERR_OPTION when one lacks data or steps */
export function phasesOf(settings: PretrainSettings): Phase[] {
  const { phases = [{}] } = settings;
  const ofRun = withPhaseDefaults(settings);
  return phases.map((own, index) => {
    const { data = settings.data, steps = settings.steps } = own;
    if (data === undefined) throw expected("a prepared corpus", ofPhase(settings, index, "data"), undefined);
    if (steps === undefined)
      throw expected("a number of updates", ofPhase(settings, index, "steps"), undefined);
    const { batchSize = ofRun.batchSize } = own;
    return {
      data,
      steps,
      batchSize,
      microBatchSize: own.microBatchSize ?? settings.microBatchSize ?? batchSize,
      maxSeqLength: own.maxSeqLength ?? ofRun.maxSeqLength,
      learningRate: own.learningRate ?? ofRun.learningRate,
      warmupRatio: own.warmupRatio ?? ofRun.warmupRatio,
      schedule: own.schedule ?? ofRun.schedule,
    };
  });
}
