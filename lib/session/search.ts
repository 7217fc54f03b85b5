import { clockSince } from "../budget/clock.js";
import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { requireAlone } from "../distributed/membership.js";
import { expected } from "../errors.js";
import { openOutputDirectory } from "../files/output-directory.js";
import { fineTuneOptions } from "../fine-tuning/options.js";
import type { HubCall } from "../hub/options.js";
import { withListener } from "../options/listener.js";
import { withLogger } from "../options/logger.js";
import { areFiles, type Files, pathsOf, type RowSource } from "../options/row-options.js";
import { renderInThread } from "../report/render-in-thread.js";
import { writeReportBeside } from "../report/write-report.js";
import { SAME_FOR_ALL_TRIALS } from "../search/search-options.js";
import { defaultGrids, type SearchGrid } from "../search/search-plan.js";
import { combinationsOf, ranked, survivors, type TrialSettings, trialTable } from "../search/trials.js";
import type { TaskName } from "../tasks/find-spec.js";
import { chosenComputes } from "./chosen-computes.js";
import { requestOnce } from "./compute-session.js";
import { linesOf } from "./event-lines.js";
import { modelFingerprint, rowFingerprint } from "./fingerprints.js";
import { withFoundFiles } from "./found-files.js";
import { foundRows } from "./found-rows.js";
import { LiveResultsFile } from "./live-results.js";
import type { SearchOptionsByTask } from "./option-types.js";
import { type Checked, parseCall } from "./parse-call.js";
import { checkBesideBudget, searchWithin } from "./search-budget.js";
import { type SearchBase, type SearchOwn, type SearchResult, searchCall } from "./search-call.js";
import { type ModelFacts, type TeacherFacts, Trials } from "./search-trials.js";
import { jsonText, writeFiles } from "./stored-result.js";

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
 *   refuses; results in `outputDir` of other options, another model or other rows. ERR_NON_FINITE when every trial diverged; a single one
 *   that does has no score. What else `fineTune()` throws; the signal's reason
 */
export async function search<Task extends TaskName>(
  options: SearchOptionsByTask[Task] & { task: Task },
): Promise<SearchResult> {
  requireAlone("search()");
  const call = parseCall<SearchOwn>(searchCall, options);
  return withLogger(call, linesOf(options.task), (onProgress) =>
    withListener({ ...call, onProgress }, (how) => runTrials({ ...call, ...how }, options)),
  );
}

/** @param given the call without defaults */
async function runTrials(call: Checked<SearchOwn>, given: object): Promise<SearchResult> {
  const { signal, onProgress, rungs = [], outputDir, budget } = call;
  const clock = clockSince();
  if (budget !== undefined) checkBesideBudget(call);
  const grids: readonly SearchGrid[] = call.grid ? [call.grid] : defaultGrids(budget !== undefined, given);
  const { base, train, validation } = await foundRowsOf(call);
  const checked = combinationsOf(grids[0]!).map((settings) => checkedSettings(settings, base));
  const fingerprints = {
    models: await factsOfModels(checked, { signal, onProgress }),
    teachers: await factsOfTeachers(checked, { signal, onProgress }),
    train: await rowFingerprint(train),
    validation: await rowFingerprint(validation),
    computes: await chosenComputes(checked, signal),
  };
  using output = await openOutputDirectory(outputDir, { overwrite: true, signal });
  if (output.notice) onProgress?.({ type: "notice", message: output.notice });
  const trial = { ...checked[0]!, batchSize: call.batchSize };
  const choosing = { trial, grid: call.grid, grids, fingerprints, output, clock, signal, onProgress };
  const chosen = budget === undefined ? null : await searchWithin(budget, choosing);

  const settings = chosen ? { ...base, epochs: chosen.epochs } : base;
  using live = new LiveResultsFile(output);
  const trials = new Trials(settings, fingerprints, output, live, { signal, onProgress });
  let going = combinationsOf(chosen?.grid ?? grids[0]!);
  for (const limit of rungs) going = survivors(await trials.run(going, limit), trials.direction);
  const last = await trials.run(going, null);
  const result = {
    metric: trials.metric,
    best: ranked(last, trials.direction)[0]!,
    ...(chosen && { budget: chosen.choice }),
    trials: trials.results,
  };
  await writeFiles(output, {
    "results.json": jsonText(result),
    "table.md": trialTable(result.trials, trials.metric),
  });
  live.remove();
  await writeReportBeside(output, renderInThread, (message) => onProgress?.({ type: "notice", message }));
  return result;
}

/** The options that all trials share, with rows that can be read more than once. */
async function foundRowsOf(call: Checked<SearchOwn>) {
  const { signal, onProgress, logger: _, grid: _g, rungs: _r, outputDir: _o, budget: _b, ...given } = call;
  const finding = { hub: given, call: { signal, onProgress } };
  const train = checkRepeatable(await foundRows(given.train, { option: "train", ...finding }), "train");
  const held = await foundRows(given.validation, { option: "validation", ...finding });
  const validation = checkRepeatable(held, "validation");
  return { train, validation, base: { ...given, train, validation } as SearchBase }; // objects in memory are rows
}

/** @throws ERR_OPTION for a value that `fineTune()` refuses, or that would change what the trials are measured by */
function checkedSettings(settings: TrialSettings, base: SearchBase): Checked {
  for (const name of SAME_FOR_ALL_TRIALS) {
    if (Object.hasOwn(settings, name)) throw expected("options that may differ between trials", "grid", name);
  }
  return parseCall(fineTuneOptions, { ...base, ...settings });
}

/** Of the models of some trials, by what these call them. Only the compute thread can tell how long a sequence they take. */
async function factsOfModels(
  trials: readonly Checked[],
  call: Pick<SearchOwn, "onProgress"> & HubCall,
): Promise<Map<string, ModelFacts>> {
  const facts = new Map<string, ModelFacts>();
  const withoutLength = new Set(
    trials.flatMap(({ model, maxSeqLength }) => (maxSeqLength === undefined ? model : [])),
  );
  for (const settings of trials) {
    if (facts.has(settings.model)) continue;
    const { model: directory } = await withFoundFiles(settings, call);
    const fingerprint = await modelFingerprint(directory);
    const longest = withoutLength.has(settings.model)
      ? await requestOnce("longestSequence", () => ({ directory }), { signal: call.signal })
      : null;
    facts.set(settings.model, { directory, fingerprint, longest });
  }
  return facts;
}

/** The same of their teachers. */
async function factsOfTeachers(
  trials: readonly Checked[],
  call: Pick<SearchOwn, "onProgress"> & HubCall,
): Promise<Map<string, TeacherFacts>> {
  const facts = new Map<string, TeacherFacts>();
  for (const settings of trials) {
    if (settings.teacher === undefined || facts.has(settings.teacher)) continue;
    const { teacher } = await withFoundFiles(settings, call);
    facts.set(settings.teacher, { directory: teacher!, fingerprint: await modelFingerprint(teacher!) });
  }
  return facts;
}

/** Every trial reads the rows anew. @throws ERR_OPTION for an iterable that can be read but once */
function checkRepeatable(source: RowSource, name: string): Files | object[] {
  const isRead = areFiles(source) ? !pathsOf(source).includes(STANDARD_INPUT) : Array.isArray(source);
  if (isRead) return source as Files | object[];
  throw expected("a file or an array, which can be read more than once,", name, source);
}
