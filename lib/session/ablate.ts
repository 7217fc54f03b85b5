import { join } from "node:path";
import type { z } from "zod";
import { requireAlone } from "../distributed/membership.js";
import { expected } from "../errors.js";
import { folderName } from "../files/folder-name.js";
import { openOutputDirectory } from "../files/output-directory.js";
import type { HubCall } from "../hub/options.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { withListener } from "../options/listener.js";
import { loggerOption, withLogger } from "../options/logger.js";
import { decidingOptions } from "../options/option.js";
import { parseOptions } from "../options/parse-options.js";
import { completeSettings } from "../pre-training/complete-settings.js";
import type { PretrainResult } from "../pre-training/events.js";
import { type PretrainSettings, phaseOptions, phasesOf, pretrainOptions } from "../pre-training/options.js";
import { loggedSteps } from "../pre-training/run-log.js";
import { optionsOfNewRun } from "../pre-training/run-options.js";
import { renderInThread } from "../report/render-in-thread.js";
import { writeReportBeside } from "../report/write-report.js";
import { ablationOptions } from "../search/ablation-options.js";
import { markdownTable, summarise, type VariantSummary } from "../search/ablation-table.js";
import type { AblationEvent } from "../search/events.js";
import { type ComputedOn, noticeOrderOfSums } from "../snapshots/order-of-sums.js";
import { removeSnapshots, SNAPSHOTS } from "../snapshots/snapshot-folder.js";
import { chosenComputes } from "./chosen-computes.js";
import { lineOfPretraining } from "./event-lines.js";
import { corpusFingerprint, modelFingerprint } from "./fingerprints.js";
import { withFoundOrigin } from "./found-files.js";
import { LiveResultsFile } from "./live-results.js";
import type { AblationOptions } from "./option-types.js";
import { pretrainComplete } from "./pretrain.js";
import { jsonText, storedResult, storeResult, writeFiles } from "./stored-result.js";

/** One training of a comparison. */
interface AblationPlan {
  variant: string;
  seed: number;
  directory: string;
  /** Checked, defaults filled in. */
  settings: PretrainSettings;
}

interface AblationRun extends AblationPlan {
  /** All that decides its result. */
  computation: object;
  computedOn: ComputedOn;
}

/** What `ablate()` is called with. */
export const ablationCall = ablationOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<AblationEvent>("AblationEvent"),
  logger: loggerOption,
});

/**
 * Trains the same small model under several settings and seeds, one after the other, and compares them: `table.md`,
 * `results.json` and `curves.csv` (variant, seed, step, loss) in `outputDir`. Runs that are done are not repeated, and
 * one that was interrupted goes on from its snapshot.
 *
 * ```ts
 * await ablate({
 *   base: { data: "shards", size: "mini", steps: 2000, batchSize: 64, learningRate: 5e-4 },
 *   variants: { "80/10/10": {}, "100/0/0": { maskSplit: "100/0/0" } },
 *   seeds: [1, 2, 3],
 *   outputDir: "runs/masking",
 * });
 * ```
 */
export async function ablate(options: AblationOptions): Promise<VariantSummary[]> {
  requireAlone("ablate()");
  const call = parseOptions(ablationCall, options);
  return withLogger(call, lineOfPretraining, (onProgress) =>
    withListener({ ...call, onProgress }, (how) => trainVariants({ ...call, ...how })),
  );
}

async function trainVariants(call: z.output<typeof ablationCall>): Promise<VariantSummary[]> {
  const { signal, onProgress, base, variants, seeds, outputDir } = call;
  const plans = Object.entries(variants).flatMap(([variant, own]) =>
    seeds.map((seed) => planRun(outputDir, variant, seed, { ...base, ...own })),
  );
  const described: Omit<AblationRun, "computedOn">[] = [];
  const find = findOnce({ signal, onProgress });
  for (const plan of plans) {
    const settings = await find(plan.settings);
    described.push({ ...plan, settings, computation: await computationOf(settings) });
  }
  const computes = await chosenComputes(
    described.map(({ settings }) => settings),
    signal,
  );
  const runs = described.map((run): AblationRun => {
    const { dtype, computedOn } = computes(run.settings);
    return { ...run, computation: { ...run.computation, dtype }, computedOn };
  });
  using output = await openOutputDirectory(outputDir, { overwrite: true, signal });
  if (output.notice) onProgress?.({ type: "notice", message: output.notice });

  using live = new LiveResultsFile(output);
  const results = new Map<AblationRun, PretrainResult>();
  const summaries = () =>
    Object.keys(variants).flatMap((variant) => {
      const own = runs.filter((run) => run.variant === variant).flatMap((run) => results.get(run) ?? []);
      return own.length === 0 ? [] : [summarise(variant, own)];
    });
  const tellHowFar = () => live.store({ variants: summaries(), done: results.size, planned: runs.length });
  tellHowFar();
  const known = runs.map(({ directory, computation, variant }) =>
    storedResult<PretrainResult>(directory, computation, `variants.${variant}`),
  );
  if (known.includes(null))
    noticeOrderOfSums(
      runs.map(({ computedOn }, index) => ({ before: known[index]?.computedOn, now: computedOn })),
      (message) => onProgress?.({ type: "notice", message }),
    );
  for (const [index, run] of runs.entries()) {
    signal?.throwIfAborted();
    const { variant, seed } = run;
    const done = known[index]?.result;
    const told = { variant, seed, run: index + 1, runs: runs.length, done: done !== undefined };
    onProgress?.({ type: "run", ...told });
    results.set(run, done ?? (await trainOne(run, signal, onProgress)));
    removeSnapshots(join(run.directory, SNAPSHOTS)); // three times the model's size, and done with
    tellHowFar();
  }

  const summarised = summaries();
  await writeFiles(output, {
    "results.json": jsonText(summarised),
    "table.md": markdownTable(summarised),
    "curves.csv": curvesOf(runs),
  });
  live.remove();
  await writeReportBeside(output, renderInThread, (message) => onProgress?.({ type: "notice", message }));
  return summarised;
}

/** Checks the options of one run before the first of them begins: a misspelt one must not show after hours. */
function planRun(
  outputDir: string,
  variant: string,
  seed: number,
  options: Record<string, unknown>,
): AblationPlan {
  for (const own of ["seed", "outputDir", "resume", "changeSchedule", "overwrite", "budget"]) {
    if (Object.hasOwn(options, own))
      throw expected("an option that the comparison does not set itself", `variants.${variant}`, own);
  }
  const directory = join(outputDir, folderName(variant), `seed-${seed}`);
  const { tensorboardDir: all } = options;
  const own = typeof all === "string" && { tensorboardDir: join(all, folderName(variant), `seed-${seed}`) };
  const complete = { ...options, ...own, seed, outputDir: directory, resume: true };
  const settings = parseOptions(pretrainOptions, optionsOfNewRun(complete));
  completeSettings(settings); // refuses options that do not go together
  return { variant, seed, directory, settings };
}

/** Finds the models that runs go on from, each once: a branch may go on meanwhile. */
function findOnce(call: HubCall): (settings: PretrainSettings) => Promise<PretrainSettings> {
  const folders = new Map<string, string | undefined>();
  return async (settings) => {
    const { continueFrom, revision } = settings;
    const key = JSON.stringify([continueFrom, revision]);
    const known = folders.get(key);
    const { revision: _, ...rest } = settings;
    if (known !== undefined) return { ...rest, continueFrom: known };
    const found = await withFoundOrigin(settings, call);
    folders.set(key, found.continueFrom);
    return found;
  };
}

/** What decides a run's result, in JSON: files by what they hold. */
async function computationOf(settings: PretrainSettings): Promise<object> {
  const { continueFrom } = settings;
  return {
    ...decidingOptions(pretrainOptions, completeSettings(settings)),
    ...(continueFrom !== undefined && { continueFrom: await modelFingerprint(continueFrom) }),
    phases: phasesOf(settings).map((phase) => ({
      ...decidingOptions(phaseOptions, phase),
      data: corpusFingerprint(phase.data),
    })),
  };
}

async function trainOne(
  { directory, settings, computation, computedOn }: AblationRun,
  signal: AbortSignal | undefined,
  onProgress: AblationOptions["onProgress"],
): Promise<PretrainResult> {
  const result = await pretrainComplete({ ...settings, signal, onProgress });
  storeResult(directory, computation, { result, computedOn });
  return result;
}

/** The loss at every line of every run's log. */
function curvesOf(runs: readonly AblationRun[]): string {
  const rows = runs.flatMap(({ variant, seed, directory }) =>
    loggedSteps(directory).map(({ step, loss }) => [variant, seed, step, loss].join(",")),
  );
  return ["variant,seed,step,loss", ...rows, ""].join("\n");
}
