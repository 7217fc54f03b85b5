import { appendFileSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BudgetChoice } from "../budget/choice.js";
import { dataError } from "../data/data-error.js";
import { describe, LibbertError } from "../errors.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { writeWholeFile } from "../files/whole-file.js";
import { LOG } from "../report/run-files.js";
import type { circumstancesOf } from "../train/circumstances.js";
import type { PretrainEvaluation, PretrainStart, PretrainStep } from "./events.js";

export interface RunLogOptions {
  /** Where the run begins: later lines are of an earlier try, and go; at 0, all of them do. */
  firstStep: number;
  /** Where it ends: the evaluation there is made again in any case. */
  totalSteps: number;
  /** The run's directory, while it is this process's; null for those of several that do not write there. */
  output: Pick<OutputDirectory, "check"> | null;
  /** Is told of lines that are damaged. */
  notify(message: string): void;
}

/** What a process says as it begins to work on the run, under the names that a fine-tuning's `training_report.json` has. */
export interface StartLine extends PretrainStart, ReturnType<typeof circumstancesOf> {
  /** Updates made before. */
  step: number;
  options: object;
  /** What they were chosen by, where that was a budget. */
  budget?: BudgetChoice;
  data: { train: { path: string; sha256: string }[] };
}

/** The course of the run, a JSON object a line, in `log.jsonl` of the output directory. */
export class RunLog {
  readonly #path: string;
  readonly #evaluated = new Set<number>();
  readonly #output: RunLogOptions["output"];

  constructor(directory: string, { firstStep, totalSteps, output, notify }: RunLogOptions) {
    this.#output = output;
    this.#path = join(directory, LOG);
    if (output === null) return;
    const kept: string[] = [];
    let damaged = 0;
    for (const line of linesOf(this.#path)) {
      const parsed = parsedLine(line);
      if (parsed === null) damaged++;
      if (parsed === null || parsed.step > firstStep || firstStep === 0) continue;
      const isEvaluation = parsed.type === "evaluation";
      if (isEvaluation && parsed.step === totalSteps) continue;
      if (isEvaluation) this.#evaluated.add(parsed.step);
      kept.push(line);
    }
    if (damaged > 0 && firstStep > 0)
      notify(`${this.#path}: lines that were damaged or cut short, and are left out: ${damaged}`);
    writeWholeFile(this.#path, kept.map((line) => `${line}\n`).join(""), "outputDir");
  }

  /** Whether the log that was found has an evaluation after this step. Only the process that has the file knows. */
  hasEvaluation(step: number): boolean {
    return this.#evaluated.has(step);
  }

  /** @throws ERR_RUNTIME when the directory is another process's by now, whose log it would get into */
  write(line: StartLine | PretrainStep | PretrainEvaluation): void {
    if (this.#output === null) return;
    this.#output.check();
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}

/**
 * The steps in the log of a finished run.
 *
 * @throws LibbertError ERR_DATA where the log is gone or a line of it is damaged
 */
export function loggedSteps(directory: string): { step: number; loss: number }[] {
  const path = join(directory, LOG);
  const again = `delete ${directory}, and it is trained again`;
  const lines = linesOf(path).map((line, index) => {
    const parsed = parsedLine(line);
    if (parsed !== null) return parsed;
    throw dataError(`${path}:${index + 1}`, "a line of a run's log", `${describe(line)}: ${again}`);
  });
  if (lines.length === 0) throw dataError(path, "the log of a finished run", `none: ${again}`);
  return lines.filter(({ type }) => type === "step");
}

/** @throws ERR_OPTION for what is no file of the run's own: a link would have the log written elsewhere */
function linesOf(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (found.isFile()) return readFileSync(path, "utf8").split("\n").filter(Boolean);
  const what = found.isSymbolicLink() ? "a symbolic link" : "no file";
  throw new LibbertError(
    "ERR_OPTION",
    `Expected a directory whose ${LOG} is a file for outputDir but ${path} is ${what}`,
    {
      option: "outputDir",
    },
  );
}

/** Type, step and loss of a line, which an evaluation has not; null where it is damaged. */
function parsedLine(line: string): { type: unknown; step: number; loss: number } | null {
  try {
    const { type, step, loss } = JSON.parse(line);
    return typeof step === "number" ? { type, step, loss } : null;
  } catch {
    return null;
  }
}
