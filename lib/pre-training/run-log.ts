import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PretrainEvaluation, PretrainStep } from "./events.js";
import { LOG } from "./run-files.js";

export interface RunLogOptions {
  /** Where the run begins: later lines are of an earlier try, and go. */
  firstStep: number;
  /** Where it ends: the evaluation there is made again in any case. */
  totalSteps: number;
  /** Whether this process has the file: of several, one reads and writes it. */
  isLeader: boolean;
}

/** The run's figures, a JSON object a line, in `log.jsonl` of the output directory. */
export class RunLog {
  readonly #path: string;
  readonly #evaluated = new Set<number>();
  readonly #isLeader: boolean;

  constructor(directory: string, { firstStep, totalSteps, isLeader }: RunLogOptions) {
    this.#isLeader = isLeader;
    this.#path = join(directory, LOG);
    if (!isLeader) return;
    const lines = existsSync(this.#path) ? readFileSync(this.#path, "utf8").split("\n").filter(Boolean) : [];
    const kept = lines.filter((line) => {
      const { type, step } = parsed(line);
      return step <= firstStep && !(type === "evaluation" && step === totalSteps);
    });
    writeFileSync(this.#path, kept.map((line) => `${line}\n`).join(""));
    for (const { type, step } of kept.map(parsed)) if (type === "evaluation") this.#evaluated.add(step);
  }

  /** Whether the log that was found has an evaluation after this step. Only the process that has the file knows. */
  hasEvaluation(step: number): boolean {
    return this.#evaluated.has(step);
  }

  write(event: PretrainStep | PretrainEvaluation): void {
    if (this.#isLeader) appendFileSync(this.#path, `${JSON.stringify(event)}\n`);
  }
}

/** Type and step of a line; one that a crash cut short is of no step. */
function parsed(line: string): { type?: string; step: number } {
  try {
    return JSON.parse(line);
  } catch {
    return { step: Number.POSITIVE_INFINITY };
  }
}
