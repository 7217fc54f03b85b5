import { join } from "node:path";
import { z } from "zod";
import type { BudgetChoice } from "../budget/choice.js";
import type { RunClock } from "../budget/clock.js";
import { MEASURING_SHARE, PLANNED_SHARE, REPORTING } from "../budget/plan.js";
import { secondsText } from "../budget/reason.js";
import { tooSmall } from "../budget/too-small.js";
import { expected, type LibbertError } from "../errors.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { epochsText } from "../fine-tuning/event-line.js";
import type { MeasuredTrial } from "../fine-tuning/measure-trial.js";
import { withDefaults } from "../fine-tuning/options.js";
import { updatesPerEpoch } from "../fine-tuning/updates.js";
import { type Budget, parseBudget, refuseBesideBudget } from "../options/budget-option.js";
import {
  leastSearchCost,
  planSearch,
  type SearchGrid,
  type SearchPlan,
  type TrialCosts,
} from "../search/search-plan.js";
import { combinationsOf, type TrialSettings } from "../search/trials.js";
import { changesBetween, type DecidingSettings, refusedChange } from "../snapshots/settings-changes.js";
import { storedChoiceSchema } from "../snapshots/stored-choice.js";
import { readSealed, writeSealed } from "../snapshots/stored-settings.js";
import { counted } from "../text-format.js";
import { requestOnce } from "./compute-session.js";
import { withFoundFiles } from "./found-files.js";
import type { Checked } from "./parse-call.js";
import type { SearchOwn } from "./search-call.js";
import { describedTrial, type Fingerprints } from "./search-trials.js";

/** What a search keeps, so that a further call goes on with the same trials. */
const CHOICE = "budget.json";

const chosenSchema = z.strictObject({
  grid: z.record(z.string(), z.array(z.unknown())),
  epochs: z.number().positive(),
  choice: storedChoiceSchema,
  /** What the call was that it was chosen for. */
  call: z.record(z.string(), z.unknown()),
});

/** The trials that a budget came to. */
export interface ChosenTrials {
  grid: SearchGrid;
  /** Of each. */
  epochs: number;
  choice: BudgetChoice;
}

/** What there is to choose by. */
export interface Choosing extends Pick<SearchOwn, "grid" | "onProgress"> {
  /** The first trial of the largest grid, but for the batch size that all have whose grid has none: it is measured. */
  trial: Checked;
  /** Among which to choose, the largest first: the call's own, where it has one. */
  grids: readonly SearchGrid[];
  fingerprints: Fingerprints;
  output: OutputDirectory;
  clock: RunClock;
  signal?: AbortSignal | undefined;
}

/** What may say how long the trials are, or how many. */
interface LengthOfTrials {
  epochs?: unknown;
  rungs?: unknown;
  grid?: object | undefined;
}

/** @throws ERR_OPTION for what says that already */
export function checkBesideBudget(call: LengthOfTrials): void {
  refuseBesideBudget(call, ["epochs", "rungs"], "which chooses how long each trial trains");
  if (call.grid && Object.hasOwn(call.grid, "epochs"))
    throw expected("no epochs beside budget, which chooses them,", "grid", call.grid);
}

/**
 * The trials that keep within a budget: those of an earlier call, or as many and as long as fit.
 *
 * @throws ERR_OPTION for another budget than an earlier call had, another grid, or whatever else decides the trials; for a budget that
 *   is too small for anything
 */
export async function searchWithin(given: string, choosing: Choosing): Promise<ChosenTrials> {
  const { output, onProgress } = choosing;
  const path = join(output.path, CHOICE);
  const stored = readSealed(path, chosenSchema, "the trials are chosen anew");
  const call = describedCall(given, choosing);
  if (stored) {
    const [change] = changesBetween(stored.call, call);
    if (change) throw refusedChange(change, "another outputDir begins anew");
    return stored;
  }
  const chosen = await chooseTrials(given, parseBudget(given)!, choosing);
  onProgress?.({ type: "budget", ...chosen.choice });
  output.check();
  writeSealed(path, { ...chosen, call });
  return chosen;
}

/** What the choice depends on, by the options' names, as JSON has it. */
function describedCall(budget: string, { grid, grids, trial, fingerprints }: Choosing): DecidingSettings {
  const { models, teachers } = fingerprints;
  const tried = grid ?? Object.keys(grids[0]!); // of a default grid what the call leaves open
  const contents = (of: Fingerprints["teachers"]) =>
    [...of.values()].map(({ fingerprint }) => fingerprint).join(" ");
  const described = describedTrial(trial, fingerprints);
  const all = { budget, grid: tried, ...described, model: contents(models), teacher: contents(teachers) };
  return JSON.parse(JSON.stringify(all));
}

async function chooseTrials(given: string, budget: Budget, choosing: Choosing): Promise<ChosenTrials> {
  const { grids, clock } = choosing;
  const batchSizes = batchSizesOf(choosing);
  const measured = await measureTrial(batchSizes, budget, choosing);
  const costs = trialCosts(measured, batchSizes, budget, choosing.trial);
  const before = clock();
  const amount =
    budget.unit === "seconds" ? PLANNED_SHARE * budget.amount - before - REPORTING : budget.amount;
  const plan = planSearch(amount, grids, costs);
  if (plan === null) throw refusalOf(given, budget, before + REPORTING, leastSearchCost(grids, costs));
  const expectedSeconds = budget.unit === "seconds" ? before + REPORTING + plan.cost : null;
  const { grid, epochs } = plan;
  const isChosen = choosing.grid === undefined;
  const choice = {
    budget: given,
    chosen: { ...(isChosen && { grid }), epochs },
    reason: reasonOf(plan, measured, expectedSeconds),
    expectedSeconds,
  };
  return { grid, epochs, choice };
}

/** All that a trial may have. */
export function batchSizesOf({ grids, trial }: Pick<Choosing, "grids" | "trial">): number[] {
  return [...new Set(grids.flatMap(combinationsOf).map((settings) => batchSizeOf(settings, trial)))];
}

function batchSizeOf({ batchSize }: TrialSettings, trial: Checked): number {
  return typeof batchSize === "number" ? batchSize : withDefaults(trial).batchSize;
}

async function measureTrial(
  batchSizes: readonly number[],
  { unit, amount }: Budget,
  { trial, signal, onProgress }: Choosing,
): Promise<MeasuredTrial> {
  const begun = Date.now();
  const { train, validation, ...settings } = await withFoundFiles(trial, { signal, onProgress });
  const mostSeconds = unit === "seconds" ? (MEASURING_SHARE * amount) / batchSizes.length : null;
  return requestOnce(
    "measureTrial",
    (toWire) => ({
      ...settings,
      ...{ batchSizes, mostSeconds, begun },
      train: toWire(train, "train"),
      validation: toWire(validation!, "validation"),
    }),
    { signal },
  );
}

function trialCosts(
  { items, setUp, costs }: MeasuredTrial,
  batchSizes: readonly number[],
  { unit }: Budget,
  trial: Checked,
): TrialCosts {
  const counts = {
    updatesPerEpoch: (settings: TrialSettings) => updatesPerEpoch(items, batchSizeOf(settings, trial)),
    evaluateEvery: (settings: TrialSettings) => evaluateEveryOf({ ...trial, ...settings }),
  };
  const timed = (settings: TrialSettings) => costs[batchSizes.indexOf(batchSizeOf(settings, trial))]!;
  const [first] = costs;
  if (!first) {
    const update = (settings: TrialSettings) => (unit === "rows" ? batchSizeOf(settings, trial) : 1);
    return { fixed: 0, update, ...counts, evaluation: 0 };
  }
  return {
    fixed: setUp + first.build + first.save,
    update: (settings) => timed(settings).update,
    ...counts,
    evaluation: first.evaluation,
  };
}

function evaluateEveryOf({ evaluateEvery }: TrialSettings): number | undefined {
  return typeof evaluateEvery === "number" ? evaluateEvery : undefined;
}

function reasonOf(
  { grid, epochs }: SearchPlan,
  measured: MeasuredTrial,
  expectedSeconds: number | null,
): string {
  const trials = counted(combinationsOf(grid).length, "trial");
  const parts = [`${trials} of ${epochsText(epochs)}`];
  const [first] = measured.costs;
  if (first)
    parts.unshift(
      `an update takes ${secondsText(first.update)}, an evaluation ${secondsText(first.evaluation)}, and what comes before a trial ${secondsText(measured.setUp)}`,
    );
  if (expectedSeconds !== null) parts.push(`${secondsText(expectedSeconds)} in all`);
  if (epochs < 1) parts.push("each sees a part of the rows, drawn at random");
  return parts.join("; ");
}

function refusalOf(given: string, { unit }: Budget, before: number, ofTrials: number): LibbertError {
  const least = unit === "seconds" ? before + ofTrials : ofTrials;
  return tooSmall({ given, unit, least, updates: "one update of each trial", row: "row" });
}
