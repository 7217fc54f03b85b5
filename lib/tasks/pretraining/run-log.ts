import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PretrainEvaluationEvent, PretrainLogEvent } from "./progress.js";

/** The run's figures, a JSON object a line, in `log.jsonl` of the output directory. */
export class RunLog {
  readonly #path: string;
  readonly #evaluated = new Set<number>();

  /**
   * @param firstStep where the run begins: later lines are of an earlier try, and go
   * @param totalSteps where it ends: the evaluation there is made anew in any case
   * @param writes false on a rank other than the first, which reads what the first one writes
   */
  constructor(
    directory: string,
    firstStep: number,
    totalSteps: number,
    readonly writes = true,
  ) {
    this.#path = join(directory, "log.jsonl");
    const lines = existsSync(this.#path) ? readFileSync(this.#path, "utf8").split("\n").filter(Boolean) : [];
    const kept = lines.filter((line) => {
      const { type, step } = parsed(line);
      return step <= firstStep && !(type === "evaluation" && step === totalSteps);
    });
    if (writes) writeFileSync(this.#path, kept.map((line) => `${line}\n`).join(""));
    for (const { type, step } of kept.map(parsed)) if (type === "evaluation") this.#evaluated.add(step);
  }

  /** Whether the log that was found has an evaluation after this step. */
  hasEvaluation(step: number): boolean {
    return this.#evaluated.has(step);
  }

  write(event: PretrainLogEvent | PretrainEvaluationEvent): void {
    if (this.writes) appendFileSync(this.#path, `${JSON.stringify(event)}\n`);
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
