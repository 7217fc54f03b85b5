import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LibbertError } from "../errors.js";
import { type OutputDirectory, openOutputDirectory } from "../files/output-directory.js";
import { pageOf } from "../report/page-of.js";
import { writeReportBeside } from "../report/write-report.js";
import type { TaskModel } from "../tasks/task-model.js";
import { circumstancesOf, costOf } from "../train/circumstances.js";
import type { FineTuneResult } from "./events.js";
import { optionsOfRun } from "./live-log.js";
import type { PreparedRun } from "./prepare-run.js";
import type { FineTuneContext } from "./run-context.js";
import type { FineTuned } from "./train-model.js";

/** Saves what a run came to; a model that cannot be saved is disposed. */
export async function saveOrDispose(
  { model, result }: FineTuned,
  output: OutputDirectory,
  run: PreparedRun,
  context: FineTuneContext,
): Promise<void> {
  try {
    await saveTuned(model, output, run, result, context);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** @param result what `training_report.json` says beside the options; where a divergence ended the training, with its message */
export async function saveTuned(
  model: TaskModel,
  output: OutputDirectory,
  run: PreparedRun,
  result: FineTuneResult & { stopped?: string },
  { emit, log }: FineTuneContext,
): Promise<void> {
  const { origin, compute, started, budget } = run;
  const options = optionsOfRun(run, result.seed);
  const report = {
    options,
    ...origin,
    ...circumstancesOf(compute, started),
    ...costOf(started),
    ...(budget && { budget }),
    ...result,
  };
  try {
    await model.save(output, { report });
  } catch (error) {
    throw await saveElsewhere(model, error as LibbertError, report);
  }
  log?.keep();
  await writeReportBeside(output, pageOf, (message) => emit({ type: "notice", message }));
  emit({ type: "saved", directory: output.path });
}

/** Hours of training must not be lost to a full disk. */
async function saveElsewhere(model: TaskModel, error: LibbertError, report: object): Promise<LibbertError> {
  const refuge = mkdtempSync(join(tmpdir(), "libbert-"));
  try {
    using output = await openOutputDirectory(refuge, { overwrite: false });
    await model.save(output, { report });
    error.message += `. It was saved in ${refuge} instead`;
  } catch {
    rmSync(refuge, { recursive: true, force: true }); // no room there either: the first error says what to fix
  }
  return error;
}
