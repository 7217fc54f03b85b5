import { sumOf } from "../arrays.js";
import type { BudgetChoice } from "../budget/choice.js";
import { asFirstRank } from "../budget/measure.js";
import {
  leastCost,
  longestPlan,
  MEASURING_SHARE,
  PLANNED_SHARE,
  type Plan,
  type Planning,
  REPORTING,
  snapshotSeconds,
} from "../budget/plan.js";
import { reasonOf } from "../budget/reason.js";
import { tooSmall } from "../budget/too-small.js";
import type { LibbertError } from "../errors.js";
import { type Budget, parseBudget } from "../options/budget-option.js";
import { EXPLAINING_STEPS } from "./explain-mistakes.js";
import type { FineTuneSettings } from "./options.js";
import { type PreparedRun, withSettings } from "./prepare-run.js";
import { type FineTuneContext, worldOf } from "./run-context.js";
import { pairsPerRow, type TrainingCosts, trainingCosts } from "./training-costs.js";
import { epochsOf, updatesOf, updatesPerEpoch } from "./updates.js";

/** The paper's batches (appendix A.3), the larger first. */
const BATCH_SIZES = [32, 16];
/** With fewer, smaller batches are better: what a short run lacks is updates. */
const FEW_UPDATES = 200;
/** More bring next to nothing: after so many, runs on few rows have settled (Mosbach et al., 2021). */
const MOST_EPOCHS = 20;
/** A snapshot has the optimizer's moments, and the weights to go back to. */
const SAVES_PER_SNAPSHOT = 4;

/** A batch size, and the longest training with it. */
interface Candidate {
  /** With this batch size. */
  run: PreparedRun;
  planning: Planning;
  plan: Plan | null;
  /** Of a budget of time. */
  measured: Measured | null;
}

interface Measured extends TrainingCosts {
  /** Of what came before. */
  setUp: number;
  /** Of what comes once, after all seeds. */
  saving: number;
}

/**
 * A run that keeps within its budget: its batch size, epochs and evaluations are chosen, as far as they are not given.
 *
 * @param given its settings without defaults
 * @throws ERR_OPTION for a budget that is too small for anything, which says what would do
 */
export async function fineTuneWithinBudget(
  run: PreparedRun,
  given: FineTuneSettings,
  context: FineTuneContext,
): Promise<PreparedRun> {
  const budget = parseBudget(given.budget!)!;
  let candidate: Candidate | undefined;
  for (const batchSize of batchSizesFor(budget, given)) {
    const changed = withSettings(run, { ...run.settings, batchSize }, context);
    candidate = await candidateOf(changed, budget, context);
    if ((candidate.plan?.updates ?? 0) >= FEW_UPDATES) break;
  }
  const { plan } = candidate!;
  if (plan === null) throw refusalOf(candidate!, budget, given);
  const planned = plannedRun(candidate!, plan, given);
  context.emit({ type: "budget", ...planned.budget! });
  return planned;
}

function batchSizesFor({ unit }: Budget, { batchSize }: FineTuneSettings): readonly number[] {
  if (batchSize !== undefined) return [batchSize];
  return unit === "updates" ? BATCH_SIZES.slice(0, 1) : BATCH_SIZES;
}

async function candidateOf(run: PreparedRun, budget: Budget, context: FineTuneContext): Promise<Candidate> {
  const measured = budget.unit === "seconds" ? await measuredCosts(run, budget, context) : null;
  const planning = planningOf(run, budget, measured, worldOf(context).size);
  return { run, planning, plan: longestPlan(planning), measured };
}

async function measuredCosts(
  run: PreparedRun,
  { amount }: Budget,
  context: FineTuneContext,
): Promise<Measured> {
  const { clock: now, group } = context;
  const costs = await trainingCosts(run, context, { now: now!, mostSeconds: MEASURING_SHARE * amount });
  const { outputDir, calibrate, explainMistakes = 0, batchSize } = run.settings;
  const explaining = explainMistakes * (EXPLAINING_STEPS / batchSize) * costs.update;
  const saving =
    (outputDir === undefined ? 0 : costs.save + REPORTING) + (calibrate ? costs.evaluation : 0) + explaining;
  return { ...costs, setUp: asFirstRank(group, now!()), saving };
}

function planningOf(
  run: PreparedRun,
  { unit, amount }: Budget,
  measured: Measured | null,
  processes: number,
): Planning {
  const { settings, rows } = run;
  const { batchSize, evaluateEvery, seeds = [0], outputDir } = settings;
  const rowsPerUpdate = batchSize * processes;
  const epoch = updatesPerEpoch(rows.train.lengths.length, rowsPerUpdate);
  if (measured === null) {
    const costs = { fixed: 0, update: unit === "rows" ? rowsPerUpdate : 1, evaluation: 0 };
    return {
      amount: amount / seeds.length,
      costs,
      evaluationUpdates: evaluationUpdates(rows, epoch),
      epoch,
      evaluateEvery,
    };
  }
  const { build, save, update, evaluation, setUp, saving } = measured;
  const snapshots =
    outputDir === undefined ? 0 : snapshotSeconds(settings, update, SAVES_PER_SNAPSHOT * save);
  return {
    amount: (PLANNED_SHARE * amount - setUp - saving) / seeds.length,
    costs: { fixed: build, update: update + snapshots, evaluation },
    evaluationUpdates: evaluation / update,
    ...{ epoch, evaluateEvery, mostUpdates: updatesOf(MOST_EPOCHS / (pairsPerRow(run) ?? 1), epoch) },
  };
}

/** Backward takes twice as long as forward, which is all that an evaluation needs. */
function evaluationUpdates({ train, validation }: PreparedRun["rows"], epoch: number): number {
  return validation === undefined ? 0 : (epoch * sumOf(validation.lengths)) / (3 * sumOf(train.lengths));
}

function plannedRun(
  { run, planning, measured }: Candidate,
  plan: Plan,
  given: FineTuneSettings,
): PreparedRun {
  const { seeds = [0] } = given;
  const { updates, evaluateEvery } = plan;
  const epochs = epochsOf(updates, planning.epoch!);
  const settings = { ...run.settings, budget: undefined, epochs, evaluateEvery };
  const expectedSeconds = measured && measured.setUp + seeds.length * plan.cost + measured.saving;
  const budget: BudgetChoice = {
    budget: given.budget!,
    chosen: {
      ...(given.batchSize === undefined && { batchSize: settings.batchSize }),
      epochs,
      ...(given.evaluateEvery === undefined && evaluateEvery !== undefined && { evaluateEvery }),
    },
    reason: reasonOf({
      updates,
      trainings: seeds.length,
      expectedSeconds,
      measured,
      remarks: remarksOf(planning, plan),
    }),
    expectedSeconds,
  };
  return { ...run, settings, budget };
}

function remarksOf({ epoch, mostUpdates }: Planning, { updates }: Plan): string[] {
  const share = updates / epoch!;
  if (share < 1) return [`of the rows it sees ${twoDigits(100 * share)} %, drawn at random`];
  return updates === mostUpdates ? [`more than ${twoDigits(share)} epochs would bring next to nothing`] : [];
}

function twoDigits(value: number): number {
  return Number(value.toPrecision(2));
}

function refusalOf(
  { planning, measured }: Candidate,
  { unit }: Budget,
  { seeds = [0], budget }: FineTuneSettings,
): LibbertError {
  const ofAll = seeds.length * leastCost(planning);
  const least = measured ? measured.setUp + ofAll + measured.saving : ofAll;
  const updates = seeds.length === 1 ? "one update" : "one update of each seed";
  return tooSmall({ given: budget!, unit, least, updates, row: "row" });
}
