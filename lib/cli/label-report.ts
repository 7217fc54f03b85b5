import type { Evaluation } from "../tasks/evaluation.js";
import { specOf, type TaskName } from "../tasks/find-spec.js";

/** Prints the scores of each label and the rest of an evaluation's report, where the task has one. */
export function printLabelReport(task: TaskName, metrics: Evaluation): void {
  const text = metrics.report && specOf(task).commandLine.report?.(metrics.report);
  if (text) console.log(`\n${text}`);
}
