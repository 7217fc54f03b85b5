import { mkdirSync } from "node:fs";
import { z } from "zod";
import { spread } from "../metrics/spread.js";
import { diskProblemOf } from "../snapshots/disk-problem.js";
import { bringNonFinite, keepNonFinite } from "../snapshots/non-finite-json.js";
import { removeSnapshots } from "../snapshots/snapshot-folder.js";
import { readSealed, writeSealed } from "../snapshots/stored-settings.js";
import { type Evaluation, figureOf } from "../tasks/evaluation.js";
import { isBetterEvaluation } from "./best-state.js";
import type { SeedSummary } from "./events.js";
import type { FineTuneSettings } from "./options.js";
import type { PreparedRun } from "./prepare-run.js";
import type { FineTuneContext, RunStore } from "./run-context.js";
import { finishedSeedsFile, seedFolder } from "./run-files.js";
import { criterionOf, type FineTuned } from "./train-model.js";

const finishedSchema = z.strictObject({
  runs: z.array(z.strictObject({ seed: z.int(), metrics: z.looseObject({ rows: z.int() }) })),
  /** The seed of the best of them, whose last snapshot has its model. */
  best: z.int().nullable(),
});

/** The seeds that are trained. */
type FinishedSeeds = z.infer<typeof finishedSchema>;

/** Trains once with each seed and keeps the model whose metric is best; those that an earlier process trained are not trained again. */
export async function trainSeeds(
  run: PreparedRun,
  seeds: readonly number[],
  { emit }: FineTuneContext,
  train: (seed: number) => Promise<FineTuned>,
): Promise<FineTuned> {
  const { store, settings } = run;
  const finished = finishedSeeds(settings.resume ? store : null);
  const runs: SeedSummary["runs"] = [];
  let best: FineTuned | undefined;
  try {
    for (const [index, seed] of seeds.entries()) {
      const known = finished.runs.find((other) => other.seed === seed);
      emit({ type: "seed", seed, run: index + 1, runs: seeds.length, done: known !== undefined });
      if (known && seed !== finished.best) {
        runs.push(known);
        continue;
      }
      const tuned = await train(seed); // the best of those that are known is in its last snapshot
      const { report: _, ...metrics } = tuned.result.metrics!;
      runs.push({ seed, metrics });
      const isBest = best === undefined || isBetterRun(tuned, best, settings);
      const other = isBest ? best : tuned;
      other?.model.dispose();
      if (isBest) best = tuned;
      const problem = await diskProblemOf(() => keepFinished(store, runs, best!.result.seed));
      if (problem) emit({ type: "notice", message: `seed ${seed} could not be kept: ${problem.message}` });
    }
  } catch (error) {
    best?.model.dispose();
    throw error;
  }
  return { ...best!, result: { ...best!.result, seeds: { runs, spread: spreadOf(runs) } } };
}

function finishedSeeds(store: RunStore | null): FinishedSeeds {
  const remedy = "seeds that were not the best are trained again";
  const stored = store && readSealed(finishedSeedsFile(store.folder), finishedSchema, remedy);
  return stored ? JSON.parse(JSON.stringify(stored), bringNonFinite) : { runs: [], best: null };
}

/** Of the seeds that are trained, only the best one's model is needed. */
function keepFinished(store: RunStore | null, runs: SeedSummary["runs"], best: number): void {
  if (!store?.output) return;
  store.output.check();
  mkdirSync(store.folder, { recursive: true });
  const plain: FinishedSeeds = { runs: JSON.parse(JSON.stringify(runs, keepNonFinite)), best };
  writeSealed(finishedSeedsFile(store.folder), plain);
  for (const { seed } of runs) if (seed !== best) removeSnapshots(seedFolder(store.folder, seed));
}

function isBetterRun(run: FineTuned, other: FineTuned, { metric }: FineTuneSettings): boolean {
  return isBetterEvaluation(criterionOf(run.model, metric), run.result.metrics!, other.result.metrics!);
}

function spreadOf(runs: SeedSummary["runs"]): SeedSummary["spread"] {
  const figures = Object.entries(runs[0]!.metrics).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(
    figures.map(([name]) => [name, spread(runs.map(({ metrics }) => figureOf(metrics as Evaluation, name)))]),
  );
}
