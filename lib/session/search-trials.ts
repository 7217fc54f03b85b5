import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../errors.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { writeWholeFile } from "../files/whole-file.js";
import {
  completeSettings,
  type FineTuneSettings,
  fineTuneOptions,
  lengthOfTexts,
} from "../fine-tuning/options.js";
import { decidingOptions } from "../options/option.js";
import { nameOf, ranked, type TrialResult, type TrialSettings } from "../search/trials.js";
import { type ComputedOn, noticeOrderOfSums } from "../snapshots/order-of-sums.js";
import { removeSnapshots, SNAPSHOTS } from "../snapshots/snapshot-folder.js";
import { figureOf } from "../tasks/evaluation.js";
import { specOf } from "../tasks/find-spec.js";
import type { Direction } from "../tasks/spec.js";
import type { ChosenComputes } from "./chosen-computes.js";
import { fineTuneComplete } from "./fine-tune.js";
import type { LiveResultsFile } from "./live-results.js";
import type { Model } from "./model.js";
import type { SearchBase, SearchOwn } from "./search-call.js";
import { storedResult, storeResult } from "./stored-result.js";

/** What tells models and rows by their content, and computing by what it comes to. */
export interface Fingerprints {
  /** By what the options call the model. */
  models: ReadonlyMap<string, ModelFacts>;
  teachers: ReadonlyMap<string, TeacherFacts>;
  train: string;
  validation: string;
  computes: ChosenComputes;
}

/** What a description of a trial says of its teacher. */
export interface TeacherFacts {
  directory: string;
  fingerprint: string;
}

/** What a description of a trial says of its model, or takes from it. */
export interface ModelFacts extends TeacherFacts {
  /** The most tokens that it has positions for; null where all its trials have a maxSeqLength of their own. */
  longest: number | null;
}

/** One trial, before or after it is made. */
interface Trial {
  settings: TrialSettings;
  limit: number | null;
  name: string;
  directory: string;
  options: SearchBase;
  /** The metric's name and the result, where it is known. */
  outcome: { metric: string | null; result: TrialResult } | null;
  computedOn: ComputedOn;
  /** Where an earlier call made it: what that computed on. */
  madeOn: ComputedOn | undefined;
}

/** Where the best model is kept, and in it the name of its trial. */
const BEST = "best";
const MARK = "trial.json";

/** The trials of one search, one after the other. */
export class Trials {
  /** Later rungs first, each with its best first. */
  results: TrialResult[] = [];
  metric = "";

  constructor(
    readonly base: SearchBase,
    readonly fingerprints: Fingerprints,
    readonly output: OutputDirectory,
    readonly live: LiveResultsFile,
    readonly call: Pick<SearchOwn, "onProgress"> & { signal?: AbortSignal },
  ) {}

  get direction(): Direction {
    return specOf(this.base.task).metrics[this.metric]!;
  }

  /** @param limit training rows of this rung; null for all, whose best model is kept */
  async run(all: readonly TrialSettings[], limit: number | null): Promise<TrialResult[]> {
    const trials = all.map((settings) => this.#plan(settings, limit));
    this.metric ||= trials.flatMap(({ outcome }) => outcome?.metric ?? [])[0] ?? "";
    this.#tellHowFar(trials);
    if (trials.some(({ outcome }) => outcome === null)) this.#noticeOrderOfSums(trials);
    for (const [index, trial] of trials.entries()) {
      this.call.signal?.throwIfAborted();
      const done = trial.outcome !== null;
      const { settings } = trial;
      this.call.onProgress?.({ type: "trial", settings, limit, trial: index + 1, trials: all.length, done });
      if (!done) await this.#make(trial, trials);
      this.metric = trial.outcome!.metric ?? this.metric;
      if (!done) this.#tellHowFar(trials);
    }
    if (trials.every(({ outcome }) => outcome!.result.score === null)) throw allDiverged(trials[0]!);
    if (limit === null) await this.#keepBest(trials);
    const results = resultsOf(trials);
    this.results = [...ranked(results, this.direction), ...this.results];
    return results;
  }

  #noticeOrderOfSums(trials: readonly Trial[]): void {
    const continued = trials.map(({ madeOn, computedOn: now }) => ({ before: madeOn, now }));
    noticeOrderOfSums(continued, (message) => this.call.onProgress?.({ type: "notice", message }));
  }

  #tellHowFar(trials: readonly Trial[]): void {
    const own = resultsOf(trials);
    const results = [...ranked(own, this.direction), ...this.results];
    const { metric } = this;
    this.live.store({ metric, trials: results, done: own.length, planned: trials.length });
  }

  #plan(settings: TrialSettings, limit: number | null): Trial {
    const name = nameOf(settings, limit);
    const options = { ...this.base, ...settings, ...(limit !== null && { limit }) };
    const directory = join(this.output.path, "trials", name);
    const stored = storedResult<NonNullable<Trial["outcome"]>>(
      directory,
      describedTrial(options, this.fingerprints),
      "grid",
    );
    if (stored) removeSnapshots(join(directory, SNAPSHOTS)); // of a process that was killed
    const { computedOn } = this.fingerprints.computes(options);
    const [outcome, madeOn] = [stored?.result ?? null, stored?.computedOn];
    return { settings, limit, name, directory, options, outcome, computedOn, madeOn };
  }

  /** Trains, keeps the model if it is the best so far, and stores the result: in this order, should the process die. */
  async #make(trial: Trial, trials: readonly Trial[]): Promise<void> {
    const { settings, limit } = trial;
    try {
      await using model = await this.#fineTune(trial);
      const { metric, steps } = model.training!;
      const { report: _, ...metrics } = model.training!.metrics!;
      const figure = figureOf(metrics, metric);
      const score = Number.isNaN(figure) ? null : figure;
      trial.outcome = { metric, result: { settings, limit, score, metrics, steps } };
      this.metric = metric;
      if (limit === null && this.#bestOf(trials) === trial) await this.#save(model, trial);
    } catch (error) {
      if (!(error instanceof LibbertError && error.code === "ERR_NON_FINITE")) throw error;
      trial.outcome = { metric: null, result: { settings, limit, score: null, metrics: null, steps: 0 } };
    }
    this.output.check();
    const { computedOn, outcome: result } = trial;
    storeResult(trial.directory, describedTrial(trial.options, this.fingerprints), { result, computedOn });
    removeSnapshots(join(trial.directory, SNAPSHOTS)); // after the result, should the process die
  }

  /** The directory of the best model may hold another grid's, or be gone: training is repeated then, which gives the same. */
  async #keepBest(trials: readonly Trial[]): Promise<void> {
    const best = this.#bestOf(trials)!;
    if (this.#savedTrial() === best.name) return;
    this.#noticeOrderOfSums([best]);
    await using model = await this.#fineTune(best);
    await this.#save(model, best);
    removeSnapshots(join(best.directory, SNAPSHOTS));
  }

  /** Goes on where an earlier call was stopped. */
  #fineTune({ name, options, directory }: Trial): Promise<Model> {
    const { tensorboardDir: all } = options;
    const { directory: model } = this.fingerprints.models.get(options.model)!;
    const teacher = teacherOf(options, this.fingerprints)?.directory;
    // Found once: a branch may go on meanwhile.
    const found = { model, revision: undefined, ...(teacher !== undefined && { teacher }) };
    const own = { tensorboardDir: all && join(all, name), resume: true };
    return fineTuneComplete({ ...options, ...found, ...own, ...this.call }, directory);
  }

  #bestOf(trials: readonly Trial[]): Trial | undefined {
    const [best] = ranked(resultsOf(trials), this.direction);
    return trials.find(({ outcome }) => outcome?.result === best);
  }

  async #save(model: Model, { name }: Trial): Promise<void> {
    this.output.check();
    const directory = join(this.output.path, BEST);
    rmSync(join(directory, MARK), { force: true });
    await model.save(directory, { overwrite: true });
    writeWholeFile(join(directory, MARK), `${JSON.stringify({ name })}\n`, "outputDir");
  }

  #savedTrial(): string | null {
    const mark = join(this.output.path, BEST, MARK);
    try {
      return JSON.parse(readFileSync(mark, "utf8")).name;
    } catch {
      return null; // it is not there, or damaged
    }
  }
}

/** What decides a trial's result, by the options' names. Files count by what they hold. */
export function describedTrial(
  options: FineTuneSettings,
  fingerprints: Fingerprints,
): Record<string, unknown> {
  const { models, teachers: _, computes, ...rows } = fingerprints;
  const { fingerprint, longest } = models.get(options.model)!;
  const maxSeqLength = lengthOfTexts(options, longest ?? Number.POSITIVE_INFINITY);
  const settings = completeSettings({ ...options, maxSeqLength });
  return {
    ...decidingOptions(fineTuneOptions, settings),
    dtype: computes(options).dtype,
    model: fingerprint,
    teacher: teacherOf(options, fingerprints)?.fingerprint,
    ...rows,
  };
}

function teacherOf(
  { teacher }: Pick<FineTuneSettings, "teacher">,
  { teachers }: Fingerprints,
): TeacherFacts | undefined {
  return teacher === undefined ? undefined : teachers.get(teacher);
}

function resultsOf(trials: readonly Trial[]): TrialResult[] {
  return trials.flatMap(({ outcome }) => outcome?.result ?? []);
}

function allDiverged({ limit }: Trial): LibbertError {
  const rows = limit === null ? "all rows" : `${limit} rows`;
  return new LibbertError(
    "ERR_NON_FINITE",
    `No trial on ${rows} came to a figure: lower learning rates usually fix it`,
  );
}
