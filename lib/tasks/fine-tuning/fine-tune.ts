import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expected, type LibbertError } from "../../errors.js";
import { spread } from "../../metrics/spread.js";
import { prepareOutputDirectory } from "../output-directory.js";
import { withRanks } from "../ranks.js";
import { isBetter, metricOf } from "./metric-order.js";
import type { SizedSettings } from "./micro-batch-size.js";
import type { FineTuneSettings } from "./options.js";
import { createTrainable, prepareRun } from "./prepare-run.js";
import type { Evaluation, FineTuneResult, SeedSummary } from "./progress.js";
import { FineTuningRun, leftGoodWeights } from "./run.js";
import type { PreparedTask, RunContext } from "./task.js";
import type { TaskModel } from "./task-model.js";
import { checkTaskOptions } from "./task-options.js";

export interface FineTuned {
  model: TaskModel;
  result: FineTuneResult;
}

/** Fine-tunes a pre-trained model: reads the rows, trains with one seed or several, evaluates, saves. */
export async function fineTune(options: FineTuneSettings, context: RunContext): Promise<FineTuned> {
  checkTaskOptions(options);
  checkValidation(options);
  const { train, validation, outputDir, ...facts } = options;
  return withRanks(options, facts, context.signal, (group) => {
    const isLeader = group === null || group.rank === 0;
    return readTrainSave(
      { ...options, outputDir: isLeader ? outputDir : undefined },
      { ...context, group: group ?? undefined },
    );
  });
}

async function readTrainSave(options: FineTuneSettings, context: RunContext): Promise<FineTuned> {
  const { outputDir, overwrite, seeds } = options;
  if (outputDir !== undefined) prepareOutputDirectory(outputDir, overwrite);
  const { prepared, settings } = await prepareRun(options, context);
  const tuned =
    seeds === undefined
      ? await trainOnce(prepared, settings, context)
      : await trainSeeds(prepared, settings, seeds, context);
  if (outputDir !== undefined) await saveOrDispose(tuned, outputDir, settings, context);
  return tuned;
}

/** What looks for a best state needs rows to look at. */
function checkValidation({
  validation,
  metric,
  loadBest,
  patience,
  seeds,
  threshold,
}: FineTuneSettings): void {
  if (validation !== undefined) return;
  const asking = Object.entries({
    patience,
    seeds,
    metric,
    loadBest: loadBest || undefined,
    threshold: threshold === "tuned" || undefined,
  });
  const option = asking.find(([, value]) => value !== undefined);
  if (option) throw expected(`rows to evaluate on, which ${option[0]} needs,`, "validation", undefined);
}

async function trainOnce(
  prepared: PreparedTask,
  settings: SizedSettings,
  context: RunContext,
): Promise<FineTuned> {
  const model = createTrainable(prepared, settings);
  try {
    using run = new FineTuningRun(model, settings, prepared, context);
    try {
      return { model, result: await run.run() };
    } catch (error) {
      if (leftGoodWeights(error) && settings.outputDir !== undefined) {
        const report = { ...run.result(), stopped: error.message };
        await save(model, settings.outputDir, settings, report, context);
        error.message += `. They are in ${settings.outputDir}`;
      }
      throw error;
    }
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Trains once with each seed and keeps the model whose metric is best. */
async function trainSeeds(
  prepared: PreparedTask,
  settings: SizedSettings,
  seeds: readonly number[],
  context: RunContext,
): Promise<FineTuned> {
  const runs: SeedSummary["runs"] = [];
  let best: FineTuned | undefined;
  try {
    for (const [index, seed] of seeds.entries()) {
      context.emit({ type: "seed", seed, run: index + 1, runs: seeds.length });
      const tuned = await trainOnce(prepared, { ...settings, seed }, context);
      const { report: _, ...metrics } = tuned.result.metrics!;
      runs.push({ seed, metrics });
      const [worse, better] =
        best === undefined || isBetterRun(tuned, best, settings) ? [best, tuned] : [tuned, best];
      worse?.model.dispose();
      best = better;
    }
  } catch (error) {
    best?.model.dispose();
    throw error;
  }
  return { model: best!.model, result: { ...best!.result, seeds: { runs, spread: spreadOf(runs) } } };
}

function isBetterRun(run: FineTuned, other: FineTuned, settings: FineTuneSettings): boolean {
  const metric = settings.metric ?? run.model.metrics[0]!;
  return isBetter(metric, metricOf(run.result.metrics!, metric), metricOf(other.result.metrics!, metric));
}

function spreadOf(runs: SeedSummary["runs"]): SeedSummary["spread"] {
  const figures = Object.entries(runs[0]!.metrics).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(
    figures.map(([name]) => [name, spread(runs.map(({ metrics }) => metricOf(metrics as Evaluation, name)))]),
  );
}

async function saveOrDispose(
  { model, result }: FineTuned,
  directory: string,
  settings: FineTuneSettings,
  context: RunContext,
): Promise<void> {
  try {
    await save(model, directory, settings, result, context);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function save(
  model: TaskModel,
  directory: string,
  settings: FineTuneSettings,
  outcome: object,
  { emit }: RunContext,
): Promise<void> {
  const { train: _train, validation: _validation, ...options } = settings;
  const report = { options, ...outcome };
  try {
    await model.save(directory, report);
  } catch (error) {
    throw await saveElsewhere(model, error as LibbertError, report);
  }
  emit({ type: "saved", directory });
}

/** Hours of training must not be lost to a full disk. */
async function saveElsewhere(model: TaskModel, error: LibbertError, report: object): Promise<LibbertError> {
  const refuge = mkdtempSync(join(tmpdir(), "libbert-"));
  try {
    await model.save(refuge, report);
    error.message += `. It was saved in ${refuge} instead`;
  } catch {
    rmSync(refuge, { recursive: true, force: true }); // no room there either: the first error says what to mend
  }
  return error;
}
