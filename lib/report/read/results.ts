import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dataError } from "../../data/data-error.js";
import { jsonProblem } from "../../errors.js";
import { folderName } from "../../files/folder-name.js";
import { LIVE_RESULTS, RESULTS } from "../run-files.js";
import { budgetSchema } from "./lines.js";
import { readTrainingRun, type TrainingRun } from "./training-run.js";

const settingsField = z.record(z.string(), z.unknown());
const spreadSchema = z.object({ mean: z.number().nullable(), deviation: z.number().nullable() });

const trialSchema = z.looseObject({
  settings: settingsField,
  limit: z.int().nullable(),
  score: z.number().nullable(),
  metrics: settingsField.nullable(),
  steps: z.int(),
});
export type StoredTrial = z.output<typeof trialSchema>;

const searchSchema = z.looseObject({
  metric: z.string(),
  best: trialSchema,
  budget: budgetSchema.optional(),
  trials: z.array(trialSchema),
});

const variantSchema = z.looseObject({
  variant: z.string(),
  seeds: z.int(),
  mlmAccuracy: spreadSchema.nullable(),
  nspAccuracy: spreadSchema.nullable(),
  perplexity: spreadSchema.nullable(),
  trainLoss: spreadSchema,
});
export type StoredVariant = z.output<typeof variantSchema>;

const resultsSchema = z.union([searchSchema, z.array(variantSchema)]);

const progressFields = { done: z.int(), planned: z.int() };
const liveSchema = z.union([
  z.object({ ...progressFields, metric: z.string(), trials: z.array(trialSchema) }),
  z.object({ ...progressFields, variants: z.array(variantSchema) }),
]);

/** How many trainings are done, of those that are planned so far. */
export interface Progress {
  done: number;
  planned: number;
}

/** What `search()` found, or has found so far. */
export interface SearchRun extends Pick<z.output<typeof searchSchema>, "metric" | "budget" | "trials"> {
  /** Null as long as no trial has a score. */
  best: StoredTrial | null;
  /** Null of one that has ended. */
  progress: Progress | null;
  /** The options that all trials share; null where the trials' own files are gone. */
  options: Record<string, unknown> | null;
}

/** A variant of a comparison, with the trainings of its seeds. */
export interface Variant extends StoredVariant {
  runs: TrainingRun[];
}

/** What `ablate()` compared, or has compared so far. */
export interface Comparison {
  variants: readonly Variant[];
  /** Null of one that has ended. */
  progress: Progress | null;
}

/** The results of a search or a comparison; null where there are none. @throws LibbertError ERR_DATA for a file that is damaged */
export function readResults(directory: string): SearchRun | Comparison | null {
  const live = parsed(liveSchema, join(directory, LIVE_RESULTS));
  if (live !== null) {
    const progress = { done: live.done, planned: live.planned };
    if ("variants" in live) return comparisonOf(directory, live.variants, progress);
    const best = live.trials.find(({ score }) => score !== null) ?? null;
    return { ...live, best, progress, options: sharedOptions(directory, live.trials[0]) };
  }
  const results = parsed(resultsSchema, join(directory, RESULTS));
  if (results === null) return null;
  if (Array.isArray(results)) return comparisonOf(directory, results, null);
  return { ...results, progress: null, options: sharedOptions(directory, results.trials[0]) };
}

function comparisonOf(
  directory: string,
  variants: readonly StoredVariant[],
  progress: Progress | null,
): Comparison {
  return {
    variants: variants.map((variant) => ({ ...variant, runs: runsOf(directory, variant) })),
    progress,
  };
}

/** What a file holds; null where it is not there. */
function parsed<Schema extends z.ZodType>(schema: Schema, path: string): z.output<Schema> | null {
  if (!existsSync(path)) return null;
  const wanted = "the results that a search or a comparison wrote";
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    const what = cause instanceof z.ZodError ? "something else" : jsonProblem(cause);
    throw dataError(path, wanted, what, { cause });
  }
}

function runsOf(directory: string, { variant }: StoredVariant): TrainingRun[] {
  const folder = join(directory, folderName(variant));
  return foldersIn(folder).flatMap((name) => readTrainingRun(join(folder, name)) ?? []);
}

const storedTrialSchema = z.looseObject({ options: settingsField });

/** From the first trial whose file is there: without the settings that differ between them. */
function sharedOptions(directory: string, trial: StoredTrial | undefined): Record<string, unknown> | null {
  const own = new Set(Object.keys(trial?.settings ?? {}));
  const [name] = foldersIn(join(directory, "trials"));
  if (name === undefined) return null;
  try {
    const text = readFileSync(join(directory, "trials", name, "result.json"), "utf8");
    const { options } = storedTrialSchema.parse(JSON.parse(text));
    return Object.fromEntries(
      Object.entries(options).filter(([option]) => !own.has(option) && option !== "limit"),
    );
  } catch {
    return null; // a page without them is better than none
  }
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
