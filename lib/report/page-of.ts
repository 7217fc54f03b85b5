import { statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { describe, expected, LibbertError } from "../errors.js";
import { libbertVersion } from "../runtime/versions.js";
import { page, type Report } from "./page.js";
import { readResults } from "./read/results.js";
import { readTrainingRun } from "./read/training-run.js";
import { comparisonReport, runsReport, searchReport, trainingReport } from "./reports.js";
import { runName } from "./run-name.js";

/** What a page is to be about. */
export interface PageRequest {
  /** A folder of a run of any kind, or several of single trainings, which are compared. */
  directories: readonly string[];
  /** See `PageOptions`. */
  isWatching?: boolean;
}

/**
 * The page about what folders hold.
 *
 * @throws LibbertError ERR_OPTION for a folder that holds no run, or, beside others, no single training; ERR_DATA for files that
 *   are damaged
 */
export function pageOf({ directories, isWatching }: PageRequest): string {
  const [first, ...others] = directories as [string, ...string[]];
  const report = others.length === 0 ? reportOfRun(first) : reportOfRuns(directories);
  return page(report, { version: libbertVersion(), isWatching });
}

/** Of a fine-tuning, a pre-training, a search or a comparison. */
function reportOfRun(directory: string): Report {
  const run = readTrainingRun(directory);
  if (run !== null) return trainingReport(run);
  const results = readResults(directory);
  if (results === null) throw noRun(directory);
  return "trials" in results ? searchReport(directory, results) : comparisonReport(directory, results);
}

function reportOfRuns(directories: readonly string[]): Report {
  const names = namesOf(directories);
  const runs = directories.map((directory, index) => {
    const run = readTrainingRun(directory);
    if (run === null) throw noTraining(directory);
    return { name: names[index]!, run };
  });
  return runsReport(runs);
}

/** The folders' names; where two have the same, with the folder that they are in. */
function namesOf(directories: readonly string[]): string[] {
  const short = directories.map(runName);
  return short.map((name, index) => {
    if (short.indexOf(name) === short.lastIndexOf(name)) return name;
    return join(basename(dirname(resolve(directories[index]!))), name);
  });
}

function noRun(directory: string): LibbertError {
  const what = "a folder that a run has written to";
  const files = "training_report.json, log.jsonl or results.json";
  const isFolder = statSync(directory, { throwIfNoEntry: false })?.isDirectory();
  const why = isFolder ? `which has no ${files}` : "which is no folder";
  const message = `Expected ${what} for runs but received ${describe(directory)}, ${why}`;
  return new LibbertError("ERR_OPTION", message, { option: "runs" });
}

function noTraining(directory: string): LibbertError {
  if (readResults(directory) === null) return noRun(directory);
  return expected("folders of single trainings, where several are compared,", "runs", directory);
}
