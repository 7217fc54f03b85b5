import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dataError } from "../../data/data-error.js";
import { jsonProblem } from "../../errors.js";
import { REPORT } from "../../files/model-files.js";
import { LIVE_LOG, LOG } from "../run-files.js";
import { runName } from "../run-name.js";
import { type EvaluationReport, evaluationReportSchema } from "./evaluation-report.js";
import {
  type Course,
  historySchema,
  type Log,
  type Origin,
  originSchema,
  readLog,
  type Start,
} from "./lines.js";

/** All that the files of one training say of it, so far. */
export interface TrainingRun {
  /** Its folder's. */
  name: string;
  how: "Fine-tuning" | "Pre-training";
  /** Of a fine-tuning. */
  task: string | null;
  /** Null in a log that is older than that. */
  origin: Origin | null;
  /** What each process said that worked on it. */
  starts: readonly Start[];
  /** By seed; of a run with one seed alone, under null. */
  courses: ReadonlyMap<number | null, Course>;
  /** That of the model that was kept. */
  course: Course;
  /** Updates that it is to have; null where nothing says so. */
  totalSteps: number | null;
  /** Figures of the model that was kept, or of the last evaluation; null where nothing was evaluated. */
  metrics: Record<string, unknown> | null;
  /** What lies behind them. */
  report: EvaluationReport | null;
  /** What a fine-tuning came to; null where it has not ended. */
  result: TuningResult | null;
  /** Lines of the log that could not be read. */
  damaged: number;
}

const spreadSchema = z.object({ mean: z.number().nullable(), deviation: z.number().nullable() });

const resultSchema = z.looseObject({
  ended: z.string(),
  seconds: z.number(),
  peakMemoryBytes: z.number().optional(),
  trainLoss: z.number().nullish(),
  metric: z.string(),
  steps: z.int(),
  bestStep: z.int(),
  stoppedEarly: z.boolean(),
  stopped: z.string().optional(),
  sequencesPerSecond: z.number().nullish(),
  tokensPerSecond: z.number().nullish(),
  seed: z.int(),
  seeds: z
    .object({
      runs: z.array(z.object({ seed: z.int(), metrics: z.record(z.string(), z.unknown()) })),
      spread: z.record(z.string(), spreadSchema),
    })
    .optional(),
});
type TuningResult = z.output<typeof resultSchema>;

const trainingReportSchema = z.looseObject({
  ...originSchema.shape,
  ...resultSchema.shape,
  history: historySchema,
  metrics: z.looseObject({ report: evaluationReportSchema.optional() }).nullable(),
});

/**
 * Reads what a fine-tuning or a pre-training has left, or has written so far; null where there is nothing of either.
 *
 * @throws LibbertError ERR_DATA for a training_report.json that is damaged
 */
export function readTrainingRun(directory: string): TrainingRun | null {
  const live = logIn(directory, LIVE_LOG);
  if (live !== null) return runOfLog(directory, live);
  const report = join(directory, REPORT);
  const log = logIn(directory, LOG);
  if (existsSync(report)) return runOfReport(directory, readTrainingReport(report), log);
  return log && runOfLog(directory, log);
}

function logIn(directory: string, name: string): Log | null {
  const path = join(directory, name);
  return existsSync(path) ? readLog(readFileSync(path, "utf8")) : null;
}

function readTrainingReport(path: string): z.output<typeof trainingReportSchema> {
  const wanted = "the report that a fine-tuning wrote";
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw dataError(path, wanted, jsonProblem(cause), { cause });
  }
  const { data, error } = trainingReportSchema.safeParse(content);
  if (data) return data;
  throw dataError(path, wanted, `another value for ${error.issues[0]!.path.join(".")}`, { cause: error });
}

/** A run that goes on, was interrupted, or keeps nothing but its log. */
function runOfLog(directory: string, { starts, courses, damaged }: Log): TrainingRun {
  const start = starts.at(-1);
  const course = [...courses.values()].at(-1)!;
  const isTuning = start?.task !== undefined;
  return {
    name: runName(directory),
    how: isTuning ? "Fine-tuning" : "Pre-training",
    task: start?.task ?? null,
    origin: originSchema.safeParse(start).data ?? null,
    ...{ starts, courses, course, damaged },
    totalSteps: start?.totalSteps ?? null,
    metrics: course.evaluations.at(-1)?.metrics ?? null,
    report: null,
    result: null,
  };
}

/** A fine-tuning that has ended. @param log of it, or of another one that was there before */
function runOfReport(
  directory: string,
  report: z.output<typeof trainingReportSchema>,
  log: Log | null,
): TrainingRun {
  const { history, metrics, seed } = report;
  const own = log?.starts.at(-1)?.started === report.started ? log : null;
  const kept = { updates: history.steps, evaluations: history.evaluations };
  const course = own?.courses.get(seed) ?? own?.courses.get(null) ?? kept;
  const { report: behind, ...figures } = metrics ?? {};
  return {
    name: runName(directory),
    how: "Fine-tuning",
    task: typeof report.options.task === "string" ? report.options.task : null,
    origin: report,
    starts: own?.starts ?? [],
    courses: own?.courses ?? new Map([[null, kept]]),
    course,
    totalSteps: own?.starts.at(-1)?.totalSteps ?? null,
    metrics: metrics && figures,
    report: behind ?? null,
    result: report,
    damaged: own?.damaged ?? 0,
  };
}
