import { join } from "node:path";
import { clockSince } from "../budget/clock.js";
import { isStandardInput } from "../data/readers/rows.js";
import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { withRanks } from "../distributed/ranks.js";
import { expected } from "../errors.js";
import { ensureWritable, type OutputDirectory, openOutputDirectory } from "../files/output-directory.js";
import { refuseBesideBudget } from "../options/budget-option.js";
import { optionsOfAllRanks, refuseTold } from "../options/option.js";
import { checkTensorboard } from "../options/tensorboard-options.js";
import { diskProblemOf } from "../snapshots/disk-problem.js";
import { checkResumeOptions, openRunDirectory } from "../snapshots/run-directory.js";
import { SNAPSHOTS } from "../snapshots/snapshot-folder.js";
import { specOf } from "../tasks/find-spec.js";
import { withBoard } from "../tensorboard/board.js";
import { counted } from "../text-format.js";
import { Divergence } from "../train/divergence.js";
import { cardOfRun } from "./card.js";
import { explainMistakes } from "./explain-mistakes.js";
import { LiveLog } from "./live-log.js";
import { completeSettings, type FineTuneSettings, fineTuneOptions, seedOf } from "./options.js";
import { type PreparedRun, prepareRun } from "./prepare-run.js";
import { boardOf } from "./run-board.js";
import { type FineTuneContext, isLeader } from "./run-context.js";
import { removeRun } from "./run-files.js";
import { saveOrDispose, saveTuned } from "./save-tuned.js";
import { type FineTuned, trainModel } from "./train-model.js";
import { trainSeeds } from "./train-seeds.js";
import { fineTuneWithinBudget } from "./within-budget.js";

/** Fine-tunes a pre-trained model: reads the rows, trains with one seed or several, evaluates, saves. */
export async function fineTune(settings: FineTuneSettings, context: FineTuneContext): Promise<FineTuned> {
  checkTogether(settings);
  if (context.snapshotsIn === undefined) checkOutput(settings);
  const clock = context.clock ?? clockSince();
  return withRanks(settings, factsOfRanks(settings), context.signal, (group) =>
    readTrainSave(settings, { ...context, clock, group }),
  );
}

/** What has to be alike on all ranks before they open a file. Paths may differ, but those who evaluate do it together. */
function factsOfRanks(settings: FineTuneSettings): Record<string, unknown> {
  return {
    ...optionsOfAllRanks(fineTuneOptions, completeSettings(settings)),
    validation: settings.validation === undefined ? "none" : "given",
    outputDir: settings.outputDir === undefined ? "none" : "given",
  };
}

async function readTrainSave(settings: FineTuneSettings, given: FineTuneContext): Promise<FineTuned> {
  const { outputDir, tensorboardDir, seeds } = settings;
  using output = isLeader(given) ? await outputOf(settings, given) : null;
  const directory = outputDir ?? given.snapshotsIn;
  const store = directory === undefined ? null : { folder: join(directory, SNAPSHOTS), output };
  if (store && output && !settings.resume) removeRun(store.folder); // a later resume must not meet an older run's
  if (tensorboardDir !== undefined && isLeader(given)) ensureWritable(tensorboardDir, "tensorboardDir");
  using prepared = await prepareRun(settings, given, store);
  const run =
    settings.budget === undefined ? prepared : await fineTuneWithinBudget(prepared, settings, given);
  using log = output && outputDir !== undefined ? liveLogOf(output, settings, given) : null;
  const context = log ? logged(given, log, run) : given;
  const train = (seed: number) => trainOnce(run, output, seed, context);
  const tuned = seeds ? await trainSeeds(run, seeds, context, train) : await train(seedOf(settings));
  noticeNothingLearned(tuned, context);
  if (run.budget) tuned.result.budget = run.budget;
  if (settings.explainMistakes && isLeader(context))
    await orDispose(tuned, () => explainMistakes(tuned, settings.explainMistakes!, context.signal));
  if (settings.calibrate) await orDispose(tuned, () => calibrateTuned(tuned, run, context));
  tuned.model.remember(cardOfRun(run, tuned.result));
  if (output && outputDir !== undefined) {
    await saveOrDispose(tuned, output, run, context);
    if (tuned.wayOn === undefined) await removeSnapshotsOf(store!.folder, context);
  }
  if (tuned.result.stoppedEarly && context.snapshotsIn === undefined)
    noticeEarlyStop(settings, tuned, context);
  return tuned;
}

/** By the rows that the weights may have been chosen by, too: there are no others. */
async function calibrateTuned(
  { model, result }: FineTuned,
  { rows: { validation } }: PreparedRun,
  { signal }: FineTuneContext,
): Promise<void> {
  result.calibration = await model.calibrate(validation!, {}, signal);
}

/** The model is disposed where that fails. */
async function orDispose({ model }: FineTuned, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Where this process writes; null where nothing is kept. */
function outputOf(
  { outputDir, overwrite, resume }: FineTuneSettings,
  { snapshotsIn, signal, emit }: FineTuneContext,
): Promise<OutputDirectory> | null {
  const notify = (message: string) => emit({ type: "notice", message });
  if (outputDir !== undefined)
    return openRunDirectory(outputDir, [SNAPSHOTS], { overwrite, resume, signal, notify });
  return snapshotsIn === undefined ? null : openOutputDirectory(snapshotsIn, { overwrite: true, signal });
}

/** What is not removed only takes room. */
async function removeSnapshotsOf(folder: string, { emit }: FineTuneContext): Promise<void> {
  const problem = await diskProblemOf(() => removeRun(folder));
  if (problem)
    emit({ type: "notice", message: `the snapshots in ${folder} could not be removed: ${problem.message}` });
}

/** Losses of 0 have no gradients: a batch may have nothing to compare its rows with. */
function noticeNothingLearned({ result: { history } }: FineTuned, { emit }: FineTuneContext): void {
  const { steps } = history;
  if (steps.length === 0 || steps.some(({ loss }) => loss !== 0)) return;
  emit({
    type: "notice",
    message: "every loss was 0, so that nothing was learned: rows have nothing to be told from",
  });
}

function noticeEarlyStop({ patience }: FineTuneSettings, { wayOn }: FineTuned, { emit }: FineTuneContext) {
  const why = `the training stopped early, as ${counted(patience!, "evaluation")} brought nothing better`;
  emit({ type: "notice", message: `${why}: ${wayOn ?? "a higher patience trains longer"}` });
}

function liveLogOf(
  output: OutputDirectory,
  { resume }: FineTuneSettings,
  { emit }: FineTuneContext,
): LiveLog {
  return new LiveLog(output, { resume, notify: (message) => emit({ type: "notice", message }) });
}

/** The context of a run whose events its log has, too. */
function logged(context: FineTuneContext, log: LiveLog, run: PreparedRun): FineTuneContext {
  return {
    ...context,
    log,
    emit(event) {
      log.record(event, run);
      context.emit(event);
    },
  };
}

/** @throws ERR_OPTION for an option that another one leaves without a meaning */
function checkTogether(settings: FineTuneSettings): void {
  const { seed, seeds } = settings;
  checkResumeOptions(settings);
  if (settings.budget !== undefined)
    refuseBesideBudget(settings, ["epochs"], "which chooses how long it trains");
  if (seeds !== undefined && settings.changeSchedule)
    throw expected("no value beside seeds, which are trained alike,", "changeSchedule", true);
  if (seed !== undefined && seeds !== undefined)
    throw expected("no value beside seeds (make it one of them, or leave it out)", "seed", seed);
  if (isStandardInput(settings.train) && isStandardInput(settings.validation))
    throw expected("a file, as standard input holds the training rows,", "validation", STANDARD_INPUT);
  checkValidation(settings);
  checkTensorboard(settings);
}

/** Without a directory, what is said of what is in it means nothing. */
function checkOutput(settings: FineTuneSettings): void {
  const { outputDir, snapshotMinutes } = settings;
  if (outputDir !== undefined) return;
  const ofDirectory = [
    "snapshotEvery",
    ...(snapshotMinutes > 0 ? ["snapshotMinutes"] : []),
    "keepSnapshots",
    "overwrite",
  ];
  refuseTold(fineTuneOptions, settings, ofDirectory, "without outputDir");
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
    explainMistakes: settings.explainMistakes || undefined,
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
  return await trainModel(run, seed, withBoard(context, board), async (error, { model, result, wayOn }) => {
    const leftGoodWeights = error instanceof Divergence && error.lastGoodStep !== null;
    if (!leftGoodWeights) return;
    await model.settle(run.rows.train);
    if (output && run.settings.outputDir !== undefined) {
      model.remember(cardOfRun(run, result, error.message));
      await saveTuned(model, output, run, { ...result, stopped: error.message }, context);
      error.message += `. They are in ${output.path}`;
    }
    if (wayOn !== undefined) error.message += `; ${wayOn}`;
    context.group?.barrier(); // the launcher must not see a rank end before they are there
  });
}
