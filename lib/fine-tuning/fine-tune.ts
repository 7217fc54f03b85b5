import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { withRanks } from "../distributed/ranks.js";
import { expected } from "../errors.js";
import { ensureWritable, type OutputDirectory, openOutputDirectory } from "../files/output-directory.js";
import { spread } from "../metrics/spread.js";
import { optionsOfAllRanks } from "../options/option.js";
import { areFiles, pathsOf } from "../options/row-options.js";
import { checkTensorboard } from "../options/tensorboard-options.js";
import { type Evaluation, figureOf } from "../tasks/evaluation.js";
import { specOf } from "../tasks/find-spec.js";
import { withBoard } from "../tensorboard/board.js";
import { Divergence } from "../train/divergence.js";
import { isBetterEvaluation } from "./best-state.js";
import { cardOfRun } from "./card.js";
import type { SeedSummary } from "./events.js";
import { completeSettings, type FineTuneSettings, fineTuneOptions, seedOf } from "./options.js";
import { type PreparedRun, prepareRun } from "./prepare-run.js";
import { boardOf } from "./run-board.js";
import { type FineTuneContext, isLeader } from "./run-context.js";
import { saveOrDispose, saveTuned } from "./save-tuned.js";
import { criterionOf, type FineTuned, trainModel } from "./train-model.js";

/** Fine-tunes a pre-trained model: reads the rows, trains with one seed or several, evaluates, saves. */
export async function fineTune(settings: FineTuneSettings, context: FineTuneContext): Promise<FineTuned> {
  checkTogether(settings);
  return withRanks(settings, factsOfRanks(settings), context.signal, (group) =>
    readTrainSave(settings, { ...context, group: group ?? undefined }),
  );
}

/** What has to be alike on all ranks before they open a file. Paths may differ, but those who evaluate do it together. */
function factsOfRanks(settings: FineTuneSettings): Record<string, unknown> {
  return {
    ...optionsOfAllRanks(fineTuneOptions, completeSettings(settings)),
    validation: settings.validation === undefined ? "none" : "given",
  };
}

async function readTrainSave(settings: FineTuneSettings, context: FineTuneContext): Promise<FineTuned> {
  const { outputDir, overwrite, tensorboardDir, seeds } = settings;
  const { signal, emit } = context;
  const saves = outputDir !== undefined && isLeader(context);
  using output = saves ? await openOutputDirectory(outputDir, { overwrite, signal }) : null;
  if (output?.notice) emit({ type: "notice", message: output.notice });
  if (tensorboardDir !== undefined && isLeader(context)) ensureWritable(tensorboardDir, "tensorboardDir");
  using run = await prepareRun(settings, context);
  const tuned = seeds
    ? await trainSeeds(run, output, seeds, context)
    : await trainOnce(run, output, seedOf(settings), context);
  if (settings.calibrate) await calibrateTuned(tuned, run, context);
  tuned.model.remember(cardOfRun(run, tuned.result));
  if (output) await saveOrDispose(tuned, output, run, context);
  return tuned;
}

/** By the rows that the weights may have been chosen by, too: there are no others. The model is disposed where it fails. */
async function calibrateTuned(
  { model, result }: FineTuned,
  { rows: { validation } }: PreparedRun,
  { signal }: FineTuneContext,
): Promise<void> {
  try {
    result.calibration = await model.calibrate(validation!, {}, signal);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** @throws ERR_OPTION for an option that another one leaves without a meaning */
function checkTogether(settings: FineTuneSettings): void {
  const { seed, seeds } = settings;
  if (seed !== undefined && seeds !== undefined)
    throw expected("no value beside seeds (make it one of them, or leave it out)", "seed", seed);
  if (isStandardInput(settings.train) && isStandardInput(settings.validation))
    throw expected("a file, as standard input holds the training rows,", "validation", STANDARD_INPUT);
  checkValidation(settings);
  checkTensorboard(settings);
}

function isStandardInput(rows: FineTuneSettings["validation"]): boolean {
  return areFiles(rows) && pathsOf(rows).includes(STANDARD_INPUT);
}

/** Choosing the best weights needs a figure that the task has, and rows to evaluate on. */
function checkValidation(settings: FineTuneSettings): void {
  const { task, validation, metric, loadBest, patience, seeds, evaluateEvery, calibrate } = settings;
  const metrics = Object.keys(specOf(task).metrics);
  if (metric !== undefined && !metrics.includes(metric))
    throw expected(`one of ${metrics.join(", ")}`, "metric", metric);
  if (validation !== undefined) return;
  const asking = {
    patience,
    seeds,
    metric,
    loadBest: loadBest || undefined,
    evaluateEvery,
    calibrate: calibrate || undefined,
  };
  const option = Object.entries(asking).find(([, value]) => value !== undefined);
  if (option) throw expected(`rows to evaluate on, which ${option[0]} needs,`, "validation", undefined);
}

/** A divergence restores the last good weights; where there is an output directory, they are saved. */
async function trainOnce(
  run: PreparedRun,
  output: OutputDirectory | null,
  seed: number,
  context: FineTuneContext,
): Promise<FineTuned> {
  using board = boardOf(run, seed, context);
  return await trainModel(run, seed, withBoard(context, board), async (error, { model, result }) => {
    const leftGoodWeights = error instanceof Divergence && error.lastGoodStep !== null;
    if (!leftGoodWeights) return;
    if (output) {
      model.remember(cardOfRun(run, result, error.message));
      await saveTuned(model, output, run, { ...result, stopped: error.message }, context);
      error.message += `. They are in ${output.path}`;
    }
    context.group?.barrier(); // the launcher must not see a rank end before they are there
  });
}

/** Trains once with each seed and keeps the model whose metric is best. */
async function trainSeeds(
  run: PreparedRun,
  output: OutputDirectory | null,
  seeds: readonly number[],
  context: FineTuneContext,
): Promise<FineTuned> {
  const runs: SeedSummary["runs"] = [];
  let best: FineTuned | undefined;
  try {
    for (const [index, seed] of seeds.entries()) {
      context.emit({ type: "seed", seed, run: index + 1, runs: seeds.length });
      const tuned = await trainOnce(run, output, seed, context);
      const { report: _, ...metrics } = tuned.result.metrics!;
      runs.push({ seed, metrics });
      const isBest = best === undefined || isBetterRun(tuned, best, run.settings);
      (isBest ? best : tuned)?.model.dispose();
      if (isBest) best = tuned;
    }
  } catch (error) {
    best?.model.dispose();
    throw error;
  }
  return { model: best!.model, result: { ...best!.result, seeds: { runs, spread: spreadOf(runs) } } };
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
