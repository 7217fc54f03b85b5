import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dataError } from "../../data/data-error.js";
import { jsonProblem } from "../../errors.js";
import { folderName } from "../../files/folder-name.js";
import { RESULTS } from "../run-files.js";
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

/** What `search()` found. */
export interface SearchRun extends z.output<typeof searchSchema> {
  /** The options that all trials share; null where the trials' own files are gone. */
  options: Record<string, unknown> | null;
}

/** A variant of a comparison, with the trainings of its seeds. */
export interface Variant extends StoredVariant {
  runs: TrainingRun[];
}

/** What `ablate()` compared. */
export type Comparison = readonly Variant[];

/** The results of a search or a comparison; null where there are none. @throws LibbertError ERR_DATA for a file that is damaged */
export function readResults(directory: string): SearchRun | Comparison | null {
  const path = join(directory, RESULTS);
  if (!existsSync(path)) return null;
  const results = parsedResults(path);
  return Array.isArray(results)
    ? results.map((variant) => ({ ...variant, runs: runsOf(directory, variant) }))
    : { ...results, options: sharedOptions(directory, results.trials[0]) };
}

function parsedResults(path: string): z.output<typeof resultsSchema> {
  const wanted = "the results that a search or a comparison wrote";
  try {
    return resultsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
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
