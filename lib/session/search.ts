import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { RowSource } from "../data/readers/rows.js";
import { expected } from "../errors.js";
import { isBetter, metricOf } from "../tasks/fine-tuning/metric-order.js";
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
 *   refuses; results in `outputDir` of other options. What `fineTune()` throws; the signal's reason
 */
export async function search(options: SearchOptions): Promise<SearchResult> {
  const { signal, onProgress, grid, rungs = [], outputDir, ...base } = parseOptions(searchCall, options);
  const all = combinationsOf(grid);
  for (const name of ["train", "validation"] as const) checkRepeatable(base[name], name);
  for (const settings of all) parseOptions(fineTuneOptions, { ...base, ...settings });
  mkdirSync(join(outputDir, "trials"), { recursive: true });

  const trials = new Trials(base, outputDir, { signal, onProgress });
  let going = all;
  for (const limit of rungs) going = survivors(await trials.run(going, limit), trials.metric);
  const last = await trials.run(going, null);
  const result = { metric: trials.metric, best: ranked(last, trials.metric)[0]!, trials: trials.results };
  writeFileSync(join(outputDir, "results.json"), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(outputDir, "table.md"), trialTable(result.trials, trials.metric));
  return result;
}

type Base = Omit<z.output<typeof searchOptions>, "grid" | "rungs" | "outputDir">;

/** The trials of one search, one after the other. */
class Trials {
  /** Later rungs first, each with its best first. */
  results: TrialResult[] = [];
  metric = "";

  constructor(
    readonly base: Base,
    readonly outputDir: string,
    readonly call: Pick<SearchOptions, "signal" | "onProgress">,
  ) {}

  /** @param limit training rows of this rung; null for all, whose best model is kept */
  async run(all: readonly TrialSettings[], limit: number | null): Promise<TrialResult[]> {
    const results: TrialResult[] = [];
    for (const [index, settings] of all.entries()) {
      this.call.signal?.throwIfAborted();
      const options = { ...this.base, ...settings, ...(limit !== null && { limit }) };
      const directory = join(this.outputDir, "trials", nameOf(settings, limit));
      const known = storedResult<{ metric: string; trial: TrialResult }>(
        directory,
        described(options),
        "grid",
      );
      const done = known !== null;
      this.call.onProgress?.({ type: "trial", settings, limit, trial: index + 1, trials: all.length, done });
      const { metric, trial } = known ?? (await this.#train(options, settings, limit, results, directory));
      this.metric = metric;
      results.push(trial);
    }
    this.results = [...ranked(results, this.metric), ...this.results];
    return results;
  }

  async #train(
    options: Omit<FineTuneOptions, "signal" | "onProgress">,
    settings: TrialSettings,
    limit: number | null,
    before: readonly TrialResult[],
    directory: string,
  ): Promise<{ metric: string; trial: TrialResult }> {
    await using model: Model = await fineTune({ ...options, ...this.call });
    const { metric, steps } = model.training!;
    const metrics = model.training!.metrics!;
    const { report: _, ...figures } = metrics;
    const trial = { settings, limit, score: metricOf(metrics, metric), metrics: figures, steps };
    const isBest = before.every(({ score }) => isBetter(metric, trial.score, score));
    // The model first: where the process dies between the two, the trial is made again, and saves it again.
    if (limit === null && isBest) await model.save(join(this.outputDir, "best"), { overwrite: true });
    storeResult(directory, described(options), { metric, trial });
    return { metric, trial };
  }
}

/** Every trial reads the rows anew. @throws ERR_OPTION for an iterable that can be read but once */
function checkRepeatable(source: RowSource, name: string): void {
  if (typeof source === "string" || Array.isArray(source)) return;
  throw expected("a file or an array, which can be read more than once,", name, source);
}

/** Options as they are stored: rows in memory by their number. */
function described(options: Omit<FineTuneOptions, "signal" | "onProgress">): object {
  const rows = (source: RowSource | undefined) =>
    Array.isArray(source) ? `${source.length} rows in memory` : source;
  return { ...options, train: rows(options.train), validation: rows(options.validation) };
}
