import { isDeepStrictEqual } from "node:util";
import { evaluationsOf } from "../budget/plan.js";
import { expected } from "../errors.js";
import { epochsOf, updatesOf } from "../fine-tuning/updates.js";
import { PAPER_GRID } from "./search-options.js";
import { combinationsOf, type TrialSettings } from "./trials.js";

/** Values to try, by option. */
export type SearchGrid = Record<string, readonly unknown[]>;

/** The most epochs of the paper's grid. */
const MOST_EPOCHS = 4;

/** What the trials of a search take, each in what the budget counts. */
export interface TrialCosts {
  /** Of each trial beside its training: reading rows, building the model, saving it. */
  fixed: number;
  /** Of an update with the batch size of the settings. */
  update(settings: TrialSettings): number;
  updatesPerEpoch(settings: TrialSettings): number;
  /** Updates between evaluations within an epoch; undefined for none. */
  evaluateEvery(settings: TrialSettings): number | undefined;
  evaluation: number;
}

export interface SearchPlan {
  grid: SearchGrid;
  /** Of each trial. */
  epochs: number;
  cost: number;
}

const [highest, middle, lowest] = PAPER_GRID.learningRate as [number, number, number];

/** Parts of the paper's grid, the largest first: rates matter more than batches. */
const SEARCH_GRIDS: readonly SearchGrid[] = [
  { batchSize: PAPER_GRID.batchSize, learningRate: [highest, middle, lowest] },
  { batchSize: PAPER_GRID.batchSize, learningRate: [highest, lowest] },
  { learningRate: [highest, middle, lowest] },
  { learningRate: [highest, lowest] },
];

/**
 * What is tried where a call has no grid: the paper's, or those among which a budget chooses, the largest first. An option that the
 * call has is as it says in all trials.
 *
 * @throws ERR_OPTION where the call has them all
 */
export function defaultGrids(hasBudget: boolean, call: object): readonly SearchGrid[] {
  const given = call as Readonly<Record<string, unknown>>;
  const whole = hasBudget ? SEARCH_GRIDS : [PAPER_GRID];
  const grids = whole
    .map((grid) => Object.fromEntries(Object.entries(grid).filter(([name]) => given[name] === undefined)))
    .filter((grid) => Object.keys(grid).length > 0);
  if (grids.length === 0) {
    const names = Object.keys(whole[0]!);
    throw expected(`values to try, as the call has ${names.join(", ")} already,`, "grid", undefined);
  }
  return grids.filter(
    (grid, index) => !grids.slice(0, index).some((other) => isDeepStrictEqual(grid, other)),
  );
}

/**
 * The largest grid of which each trial has an epoch, or else the smallest with a part of one; and the longest trials that fit.
 *
 * @param grids the largest first
 * @returns null where not one update of each fits
 */
export function planSearch(
  amount: number,
  grids: readonly SearchGrid[],
  costs: TrialCosts,
): SearchPlan | null {
  const plans = grids.map((grid) => longestTrials(amount, grid, costs));
  return plans.find((plan) => (plan?.epochs ?? 0) >= 1) ?? plans.at(-1)!;
}

function longestTrials(amount: number, grid: SearchGrid, costs: TrialCosts): SearchPlan | null {
  const trials = combinationsOf(grid);
  const finest = Math.max(...trials.map((settings) => costs.updatesPerEpoch(settings)));
  const planOf = (updates: number) => {
    const epochs = epochsOf(updates, finest);
    return { grid, epochs, cost: costOf(trials, epochs, costs) };
  };
  let [fits, most] = [0, MOST_EPOCHS * finest];
  while (fits < most) {
    const middle = Math.ceil((fits + most) / 2);
    if (planOf(middle).cost <= amount) fits = middle;
    else most = middle - 1;
  }
  return fits === 0 ? null : planOf(fits);
}

/** What the smallest of the grids takes with an update a trial. */
export function leastSearchCost(grids: readonly SearchGrid[], costs: TrialCosts): number {
  const trials = combinationsOf(grids.at(-1)!);
  const finest = Math.max(...trials.map((settings) => costs.updatesPerEpoch(settings)));
  return costOf(trials, epochsOf(1, finest), costs);
}

function costOf(trials: readonly TrialSettings[], epochs: number, costs: TrialCosts): number {
  const { fixed, evaluation } = costs;
  return trials.reduce((sum, settings) => {
    const epoch = costs.updatesPerEpoch(settings);
    const updates = updatesOf(epochs, epoch);
    const evaluations = evaluationsOf(updates, costs.evaluateEvery(settings), epoch);
    return sum + fixed + updates * costs.update(settings) + evaluations * evaluation;
  }, 0);
}
