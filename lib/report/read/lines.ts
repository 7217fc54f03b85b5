import { z } from "zod";

/** JSON has null for what is no number. */
const figureField = z.number().nullish();

/** An update, or means over some: of `log.jsonl`, or of the history in `training_report.json`. */
const updateSchema = z.looseObject({
  step: z.int().nonnegative(),
  phase: z.int().positive().optional(),
  loss: figureField,
  mlmLoss: figureField,
  nspLoss: figureField,
  gradientNorm: figureField,
  learningRate: figureField,
  tokensPerSecond: figureField,
  residentMemory: figureField,
  memory: z.looseObject({ allocated: z.number(), reserved: z.number() }).nullish(),
});
export type Update = z.output<typeof updateSchema>;

const evaluationSchema = z.looseObject({
  step: z.int().nonnegative(),
  epoch: figureField,
  metrics: z.record(z.string(), z.unknown()),
});
export type Evaluated = z.output<typeof evaluationSchema>;

/** The updates and evaluations of one training, as far as it is. */
export interface Course {
  updates: Update[];
  evaluations: Evaluated[];
}

export const historySchema = z.object({
  steps: z.array(updateSchema),
  evaluations: z.array(evaluationSchema),
});

const fileSchema = z.looseObject({ path: z.string(), sha256: z.string().nullish() });

/** What options were chosen by. */
export const budgetSchema = z.looseObject({
  budget: z.string(),
  chosen: z.record(z.string(), z.unknown()),
  reason: z.string(),
});
export type StoredBudget = z.output<typeof budgetSchema>;

/** What a run was made from and where: it is the same in `training_report.json` and at the start of a log. */
export const originSchema = z.looseObject({
  options: z.record(z.string(), z.unknown()),
  budget: budgetSchema.nullish(),
  model: z.looseObject({ path: z.string(), sha256: z.record(z.string(), z.string()) }).nullish(),
  data: z
    .looseObject({ train: z.array(fileSchema).nullish(), validation: z.array(fileSchema).nullish() })
    .nullish(),
  started: z.string(),
  compute: z.looseObject({ device: z.string(), dtype: z.string(), reason: z.string() }),
  versions: z.record(z.string(), z.string()),
  machine: z.looseObject({ host: z.string(), cpu: z.string(), cores: z.number(), memoryBytes: z.number() }),
});
export type Origin = z.output<typeof originSchema>;

const startSchema = z.looseObject({
  ...originSchema.partial().shape,
  task: z.string().optional(),
  rows: z.int().optional(),
  parameters: z.int().optional(),
  documents: z.int().optional(),
  tokens: z.int().optional(),
  firstStep: z.int(),
  totalSteps: z.int(),
});
export type Start = z.output<typeof startSchema>;

const lineSchema = z.discriminatedUnion("type", [
  startSchema.extend({ type: z.literal("start") }),
  z.looseObject({ type: z.literal("seed"), seed: z.int(), runs: z.int() }),
  updateSchema.extend({ type: z.literal("step") }),
  evaluationSchema.extend({ type: z.literal("evaluation") }),
]);

/** What a log says. */
export interface Log {
  /** One for each process that worked on the run, and for each seed. */
  starts: Start[];
  /** By seed, in their order; of a run with one seed alone, under null. */
  courses: Map<number | null, Course>;
  /** Lines that are none of a log. The last one may be about to be written. */
  damaged: number;
}

/** Reads the lines of `log.jsonl`. */
export function readLog(text: string): Log {
  const log: Log = { starts: [], courses: new Map(), damaged: 0 };
  let course = courseOf(log, null);
  for (const line of text.split("\n").slice(0, -1)) {
    const parsed = parsedLine(line);
    if (parsed === null) log.damaged++;
    else if (parsed.type === "start") {
      log.starts.push(parsed);
      cutBack(course, parsed.firstStep);
    } else if (parsed.type === "seed") course = courseOf(log, parsed.seed);
    else if (parsed.type === "step") course.updates.push(parsed);
    else course.evaluations.push(parsed);
  }
  if (log.courses.size > 1) log.courses.delete(null);
  return log;
}

/** What an earlier process knew of the same seed stays. */
function courseOf({ courses }: Log, seed: number | null): Course {
  const course = courses.get(seed) ?? { updates: [], evaluations: [] };
  courses.set(seed, course);
  return course;
}

/** A process that goes on makes the updates again that its snapshot does not have. */
function cutBack(course: Course, firstStep: number): void {
  course.updates = course.updates.filter(({ step }) => step <= firstStep);
  course.evaluations = course.evaluations.filter(({ step }) => step <= firstStep);
}

function parsedLine(line: string): z.output<typeof lineSchema> | null {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
