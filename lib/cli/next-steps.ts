import { basename, join } from "node:path";
import type { TaskName } from "../tasks/find-spec.js";
import { strong } from "./colours.js";

/** A command that makes sense next, and what for. Words in capitals stand for what only the reader knows. */
export type NextStep = readonly [purpose: string, ...words: string[]];

/** Shows what to do next, on standard error: standard output has the results. */
export function printNextSteps(steps: readonly NextStep[]): void {
  const width = Math.max(...steps.map(([purpose]) => purpose.length));
  const lines = steps.map(
    ([purpose, ...words]) => `  ${purpose.padEnd(width)}  libbert ${words.map(shellWord).join(" ")}`,
  );
  console.error(`\n${strong("Next:", process.stderr)}\n${lines.join("\n")}`);
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** After a model of a task was saved. */
export function stepsWithModel(directory: string, task: TaskName): NextStep[] {
  const model = ["--model", directory];
  return [
    ["measure it", "evaluate", ...model, "--data", "TEST_FILE"],
    USES[task]?.(directory) ?? ["use it", "predict", ...model, "--input", "FILE"],
    ["for ONNX", "export", ...model, "--output-dir", join(directory, "..", `${basename(directory)}-onnx`)],
    ["share it", "push", ...model, "--repository", `NAME/${basename(directory)}`],
  ];
}

/** Of the tasks whose models are for something else than `libbert predict`. */
const USES: Partial<Record<TaskName, (directory: string) => NextStep>> = {
  embedding: (model) => ["use it", "embed", "--model", model, "--text", "TEXT"],
  reranking: (model) => ["use it", "rank", "--model", model, "--query", "TEXT", "--input", "FILE"],
};

/** After a model without a task was saved. */
export function stepsWithEncoder(directory: string): NextStep[] {
  const tuned = join(directory, "..", `${basename(directory)}-tuned`);
  const rows = ["--train", "FILE", "--validation", "FILE", "--output-dir", tuned];
  return [["fine-tune it", "fine-tune", "--task", "classification", "--model", directory, ...rows]];
}
