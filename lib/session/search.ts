import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { RowSource } from "../data/readers/rows.js";
import { requireAlone } from "../distributed/membership.js";
import { expected, LibbertError } from "../errors.js";
import { lockDirectory } from "../files/directory-lock.js";
import { metricOf } from "../tasks/fine-tuning/metric-order.js";
import { callOptions, fineTuneOptions } from "../tasks/fine-tuning/options.js";
import type { ProgressEvent } from "../tasks/fine-tuning/progress.js";
import { searchOptions } from "../tasks/fine-tuning/search-options.js";
import {
  combinationsOf,
  nameOf,
  ranked,
  survivors,
  type TrialResult,
  type TrialSettings,
  trialTable,
} from "../tasks/fine-tuning/trials.js";
import { parseOptions } from "../tasks/parse-options.js";
import { type FineTuneOptions, fineTune } from "./fine-tune.js";
import type { Model } from "./model.js";
import { rowFingerprint } from "./row-fingerprint.js";
import { storedResult, storeResult } from "./stored-result.js";

export type SearchEvent =
  | {
      type: "trial";
      settings: TrialSettings;
      limit: number | null;
      trial: number;
      trials: number;
      done: boolean;
    }
  | ProgressEvent;

export type SearchOptions = z.input<typeof searchOptions> & {
  /** Stops within one update; a further call goes on with the trial that was stopped. */
  signal?: AbortSignal;
  onProgress?: (event: SearchEvent) => void;
};

/** What a search found. */
export interface SearchResult {
  /** The figure that was searched by. */
  metric: string;
  best: TrialResult;
  /** All trials, those on all rows first, each rung's best first. */
  trials: TrialResult[];
}

const searchCall = searchOptions.extend({
  signal: callOptions.signal,
  onProgress: z
    .custom<(event: SearchEvent) => void>((value) => typeof value === "function", "a function")
    .optional(),
});

/**
 * Fine-tunes with every combination of a grid of settings, by default the paper's (appendix A.3), and keeps the model
 * that is best on the validation rows: `best/`, `table.md` and `results.json` in `outputDir`. Trials that are done are
 * not repeated when it is called again.
 *
 * ```ts
 * const { best } = await search({
 *   task: "classification", model: "bert-base", train: "train.tsv", validation: "dev.tsv",
 *   grid: { batchSize: [16, 32], learningRate: [5e-5, 2e-5] }, outputDir: "runs/search",
 * });
 * ```
 *
 * @throws LibbertError ERR_OPTION, before anything is trained: an option or a value of the grid that `fineTune()`
 *   refuses; results in `outputDir` of other options or rows. ERR_NON_FINITE when every trial diverged; a single one
 *   that does has no score. What else `fineTune()` throws; the signal's reason
 */
export async function search(options: SearchOptions): Promise<SearchResult> {
  requireAlone("search()");
  const { signal, onProgress, grid, rungs = [], outputDir, ...base } = parseOptions(searchCall, options);
  const all = combinationsOf(grid);
  const train = checkRepeatable(base.train, "train");
  const validation = checkRepeatable(base.validation, "validation");
  for (const settings of all) checkSettings(settings, base);
  const fingerprints = {
    train: await rowFingerprint(train),
    validation: await rowFingerprint(validation),
  };
  mkdirSync(join(outputDir, "trials"), { recursive: true });
  using _lock = lockDirectory(outputDir);

  const trials = new Trials(base, fingerprints, outputDir, { signal, onProgress });
  let going = all;
  for (const limit of rungs) going = survivors(await trials.run(going, limit), trials.metric);
  const last = await trials.run(going, null);
  const result = { metric: trials.metric, best: ranked(last, trials.metric)[0]!, trials: trials.results };
  writeFileSync(join(outputDir, "results.json"), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(outputDir, "table.md"), trialTable(result.trials, trials.metric));
  return result;
}

type Base = Omit<z.output<typeof searchOptions>, "grid" | "rungs" | "outputDir">;

/** What a trial was trained by, in JSON: rows by their content. */
type Fingerprints = Record<"train" | "validation", string>;

/** One trial, before or after it is made. */
interface Trial {
  settings: TrialSettings;
  limit: number | null;
  name: string;
  directory: string;
  options: Omit<FineTuneOptions, "signal" | "onProgress">;
  /** The metric's name and the result, where it is known. */
  outcome: { metric: string | null; result: TrialResult } | null;
}

/** Where the best model is kept, and in it the name of its trial. */
const BEST = "best";
const MARK = "trial.json";

/** The trials of one search, one after the other. */
class Trials {
  /** Later rungs first, each with its best first. */
  results: TrialResult[] = [];
  metric = "";

  constructor(
    readonly base: Base,
    readonly fingerprints: Fingerprints,
    readonly outputDir: string,
    readonly call: Pick<SearchOptions, "signal" | "onProgress">,
  ) {}

  /** @param limit training rows of this rung; null for all, whose best model is kept */
  async run(all: readonly TrialSettings[], limit: number | null): Promise<TrialResult[]> {
    const trials = all.map((settings) => this.#plan(settings, limit));
    for (const [index, trial] of trials.entries()) {
      this.call.signal?.throwIfAborted();
      const done = trial.outcome !== null;
      const { settings } = trial;
      this.call.onProgress?.({ type: "trial", settings, limit, trial: index + 1, trials: all.length, done });
      if (!done) await this.#make(trial, trials);
      this.metric = trial.outcome!.metric ?? this.metric;
    }
    if (trials.every(({ outcome }) => outcome!.result.score === null)) throw allDiverged(trials[0]!);
    if (limit === null) await this.#keepBest(trials);
    const results = resultsOf(trials);
    this.results = [...ranked(results, this.metric), ...this.results];
    return results;
  }

  #plan(settings: TrialSettings, limit: number | null): Trial {
    const name = nameOf(settings, limit);
    const options = { ...this.base, ...settings, ...(limit !== null && { limit }) };
    const directory = join(this.outputDir, "trials", name);
    const outcome = storedResult<NonNullable<Trial["outcome"]>>(directory, this.#described(options), "grid");
    return { settings, limit, name, directory, options, outcome };
  }

  /** Trains, keeps the model if it is the best so far, and stores the result: in this order, should the process die. */
  async #make(trial: Trial, trials: readonly Trial[]): Promise<void> {
    const { settings, limit } = trial;
    try {
      await using model = await fineTune({ ...trial.options, ...this.call });
      const { metric, steps } = model.training!;
      const { report: _, ...metrics } = model.training!.metrics!;
      const figure = metricOf(metrics, metric);
      const score = Number.isNaN(figure) ? null : figure;
      trial.outcome = { metric, result: { settings, limit, score, metrics, steps } };
      if (limit === null && this.#bestOf(trials, metric) === trial) await this.#save(model, trial);
    } catch (error) {
      if (!(error instanceof LibbertError && error.code === "ERR_NON_FINITE")) throw error;
      trial.outcome = { metric: null, result: { settings, limit, score: null, metrics: null, steps: 0 } };
    }
    storeResult(trial.directory, this.#described(trial.options), trial.outcome);
  }

  /** The directory of the best model may hold another grid's, or be gone: training is repeated then, which gives the same. */
  async #keepBest(trials: readonly Trial[]): Promise<void> {
    const best = this.#bestOf(trials, this.metric)!;
    if (this.#savedTrial() === best.name) return;
    await using model = await fineTune({ ...best.options, ...this.call });
    await this.#save(model, best);
  }

  #bestOf(trials: readonly Trial[], metric: string): Trial | undefined {
    const [best] = ranked(resultsOf(trials), metric);
    return trials.find(({ outcome }) => outcome?.result === best);
  }

  async #save(model: Model, { name }: Trial): Promise<void> {
    const directory = join(this.outputDir, BEST);
    rmSync(join(directory, MARK), { force: true });
    await model.save(directory, { overwrite: true });
    writeFileSync(join(directory, MARK), `${JSON.stringify({ name })}\n`);
  }

  #savedTrial(): string | null {
    const mark = join(this.outputDir, BEST, MARK);
    return existsSync(mark) ? JSON.parse(readFileSync(mark, "utf8")).name : null;
  }

  #described(options: Trial["options"]): object {
    return { ...options, ...this.fingerprints };
  }
}

function resultsOf(trials: readonly Trial[]): TrialResult[] {
  return trials.flatMap(({ outcome }) => outcome?.result ?? []);
}

function allDiverged({ limit }: Trial): LibbertError {
  const rows = limit === null ? "all rows" : `${limit} rows`;
  return new LibbertError(
    "ERR_NON_FINITE",
    `No trial on ${rows} came to a figure: lower learning rates usually mend it`,
  );
}

/** @throws ERR_OPTION for a value that `fineTune()` refuses, or that would change what the trials are measured by */
function checkSettings(settings: TrialSettings, base: Base): void {
  for (const own of ["task", "train", "validation", "outputDir", "overwrite", "seeds", "metric"]) {
    if (Object.hasOwn(settings, own)) throw expected("options that may differ between trials", "grid", own);
  }
  parseOptions(fineTuneOptions, { ...base, ...settings });
}

/** Every trial reads the rows anew. @throws ERR_OPTION for an iterable that can be read but once */
function checkRepeatable(source: RowSource, name: string): string | object[] {
  if (typeof source === "string" || Array.isArray(source)) return source;
  throw expected("a file or an array, which can be read more than once,", name, source);
}
