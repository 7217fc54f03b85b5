import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { requireAlone } from "../distributed/membership.js";
import { expected } from "../errors.js";
import { parseOptions } from "../tasks/parse-options.js";
import { ablationOptions } from "../tasks/pretraining/ablation-options.js";
import { markdownTable, summarise, type VariantSummary } from "../tasks/pretraining/ablation-table.js";
import { pretrainOptions } from "../tasks/pretraining/options.js";
import type { PretrainEvent, PretrainResult } from "../tasks/pretraining/progress.js";
import { withRecipe } from "../tasks/pretraining/recipes.js";
import { type PretrainOptions, pretrain } from "./pretrain.js";
import { storedResult, storeResult } from "./stored-result.js";

/** One training of a comparison. */
interface AblationRun {
  variant: string;
  seed: number;
  directory: string;
  options: PretrainOptions;
}

export type AblationEvent =
  | { type: "run"; variant: string; seed: number; run: number; runs: number; done: boolean }
  | PretrainEvent;

export type AblationOptions = z.input<typeof ablationOptions> & {
  signal?: AbortSignal;
  onProgress?: (event: AblationEvent) => void;
};

const ablationCall = ablationOptions.extend({
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z
    .custom<(event: AblationEvent) => void>((value) => typeof value === "function", "a function")
    .optional(),
});

/**
 * Trains the same small model under several settings and seeds, one after the other, and compares them: `table.md`,
 * `results.json` and `curves.csv` (variant, seed, step, loss) in `outputDir`. Runs that are done are not repeated, and
 * one that was interrupted goes on from its snapshot.
 *
 * ```ts
 * await ablate({
 *   base: { data: "shards", size: "mini", steps: 2000, batchSize: 64, learningRate: 5e-4 },
 *   variants: { "80/10/10": {}, "100/0/0": { maskSplit: "100/0/0" } },
 *   seeds: [1, 2, 3],
 *   outputDir: "runs/masking",
 * });
 * ```
 */
export async function ablate(options: AblationOptions): Promise<VariantSummary[]> {
  requireAlone("ablate()");
  const { signal, onProgress, ...settings } = parseOptions(ablationCall, options);
  const { base, variants, seeds, outputDir } = settings;
  const runs = Object.entries(variants).flatMap(([variant, own]) =>
    seeds.map((seed) => planRun(outputDir, variant, seed, { ...base, ...own })),
  );
  checkDistinct(runs);
  mkdirSync(outputDir, { recursive: true });

  const results = new Map<AblationRun, PretrainResult>();
  for (const [index, run] of runs.entries()) {
    signal?.throwIfAborted();
    const known = storedResult<PretrainResult>(run.directory, run.options, `variants.${run.variant}`);
    const { variant, seed } = run;
    onProgress?.({ type: "run", variant, seed, run: index + 1, runs: runs.length, done: known !== null });
    results.set(run, known ?? (await trainOne(run, signal, onProgress)));
  }

  const summaries = Object.keys(variants).map((variant) =>
    summarise(
      variant,
      runs.filter((run) => run.variant === variant).map((run) => results.get(run)!),
    ),
  );
  writeFileSync(join(outputDir, "results.json"), `${JSON.stringify(summaries, null, 2)}\n`);
  writeFileSync(join(outputDir, "table.md"), markdownTable(summaries));
  writeFileSync(join(outputDir, "curves.csv"), curvesOf(runs));
  return summaries;
}

/** Checks the options of one run before the first of them begins: a misspelt one must not show after hours. */
function planRun(
  outputDir: string,
  variant: string,
  seed: number,
  options: Record<string, unknown>,
): AblationRun {
  for (const own of ["seed", "outputDir", "resume", "changeSchedule", "overwrite"]) {
    if (Object.hasOwn(options, own))
      throw expected("an option that the comparison does not set itself", `variants.${variant}`, own);
  }
  const directory = join(outputDir, variant.replace(/[^A-Za-z0-9._-]+/g, "-"), `seed-${seed}`);
  const complete = { ...options, seed, outputDir: directory, resume: true };
  parseOptions(pretrainOptions, withRecipe(complete));
  return { variant, seed, directory, options: complete as unknown as PretrainOptions };
}

/** Names that differ only in what a folder's name cannot hold would share their results. */
function checkDistinct(runs: readonly AblationRun[]): void {
  const owners = new Map<string, AblationRun>();
  for (const run of runs) {
    const other = owners.get(run.directory);
    if (other)
      throw expected("names with different folders", "variants", `${other.variant} and ${run.variant}`);
    owners.set(run.directory, run);
  }
}

async function trainOne(
  { directory, options }: AblationRun,
  signal: AbortSignal | undefined,
  onProgress: AblationOptions["onProgress"],
): Promise<PretrainResult> {
  const result = await pretrain({ ...options, signal, onProgress });
  rmSync(join(directory, "snapshots"), { recursive: true, force: true }); // three times the model's size, and done with
  storeResult(directory, options, result);
  return result;
}

/** The loss at every line of every run's log. */
function curvesOf(runs: readonly AblationRun[]): string {
  const rows = runs.flatMap(({ variant, seed, directory }) => {
    const lines = readFileSync(join(directory, "log.jsonl"), "utf8").trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line) as { type: string; step: number; loss: number });
    return events
      .filter(({ type }) => type === "log")
      .map(({ step, loss }) => [variant, seed, step, loss].join(","));
  });
  return ["variant,seed,step,loss", ...rows, ""].join("\n");
}
