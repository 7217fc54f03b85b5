import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PretrainEvaluationEvent, PretrainLogEvent } from "./progress.js";

/** The run's figures, a JSON object a line, in `log.jsonl` of the output directory. */
export class RunLog {
  readonly #path: string;

  /** @param firstStep where the run begins: later lines are of an earlier try, and go */
  constructor(directory: string, firstStep: number) {
    this.#path = join(directory, "log.jsonl");
    const lines = existsSync(this.#path) ? readFileSync(this.#path, "utf8").split("\n").filter(Boolean) : [];
    const kept = lines.filter((line) => stepOf(line) <= firstStep);
    writeFileSync(this.#path, kept.map((line) => `${line}\n`).join(""));
  }

  write(event: PretrainLogEvent | PretrainEvaluationEvent): void {
    appendFileSync(this.#path, `${JSON.stringify(event)}\n`);
  }
}

/** The step of a line; infinite for one that a crash cut short. */
function stepOf(line: string): number {
  try {
    return JSON.parse(line).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
