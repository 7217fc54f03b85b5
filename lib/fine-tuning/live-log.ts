import { appendFileSync, existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputDirectory } from "../files/output-directory.js";
import { removeIfPossible } from "../files/remove.js";
import { reasonOf } from "../files/write-error.js";
import { LIVE_LOG, LOG } from "../report/run-files.js";
import { circumstancesOf } from "../train/circumstances.js";
import type { FineTuneEvent, FineTuneStart } from "./events.js";
import type { PreparedRun } from "./prepare-run.js";
import { settingsFile } from "./run-files.js";

interface LiveLogOptions {
  /** Whether the run goes on with an earlier one, whose lines are kept. */
  resume: boolean;
  /** Is told once when the log cannot be written any more. */
  notify(message: string): void;
}

/**
 * The course of a fine-tuning, a JSON object a line, for those who follow it. Where the run comes to a model it becomes `log.jsonl`
 * beside it; else it goes, unless the run can be resumed: then its lines follow those before, from the update on that `"start"` names.
 * A log that cannot be written stops nothing.
 */
export class LiveLog implements Disposable {
  readonly #path: string;
  #isWritten = true;

  constructor(
    readonly output: OutputDirectory,
    readonly options: LiveLogOptions,
  ) {
    this.#path = join(output.path, LIVE_LOG);
    if (!options.resume) this.#attempt(() => writeFileSync(this.#path, ""));
  }

  /** Takes the events that are part of the course. */
  record(event: FineTuneEvent, run: PreparedRun): void {
    if (event.type === "start") this.#write(startLine(event, run));
    else if (["seed", "step", "evaluation"].includes(event.type)) this.#write(event);
  }

  /** The model is saved: its log stays beside it. */
  keep(): void {
    this.#attempt(() => renameSync(this.#path, join(this.output.path, LOG)));
  }

  #write(line: object): void {
    this.#attempt(() => appendFileSync(this.#path, `${JSON.stringify(line)}\n`));
  }

  #attempt(work: () => void): void {
    if (!this.#isWritten) return;
    this.output.check();
    try {
      work();
    } catch (error) {
      this.#isWritten = false;
      removeIfPossible(this.#path);
      this.options.notify(`the run goes on without its log, which could not be written: ${reasonOf(error)}`);
    }
  }

  /** A run that can go on needs what its log has so far. */
  [Symbol.dispose](): void {
    if (!existsSync(settingsFile(this.output.path))) removeIfPossible(this.#path);
  }
}

/** What is known of a run as it begins, under the names that `training_report.json` has. */
function startLine(start: FineTuneStart, run: PreparedRun): object {
  const { origin, compute, started, budget } = run;
  const options = optionsOfRun(run);
  return { ...start, options, ...(budget && { budget }), ...origin, ...circumstancesOf(compute, started) };
}

/** All options, with what the run chose for those that were left out. @param seed that of several */
export function optionsOfRun({ settings, maxSeqLength, microBatchSize }: PreparedRun, seed = settings.seed) {
  const { train: _train, validation: _validation, ...given } = settings;
  return { ...given, maxSeqLength, microBatchSize, seed };
}
