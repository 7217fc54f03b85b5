/** The share of a budget of time that is planned with: what is measured is not the whole run. */
export const PLANNED_SHARE = 0.97;
/** The share that measuring may take, but for the first updates. */
export const MEASURING_SHARE = 0.1;
/** Bytes of a model that are written, hashed and flushed in a second: an estimate on the safe side for disks of today. */
const SAVED_BYTES_PER_SECOND = 200e6;
/** Of writing a report, in seconds. */
export const REPORTING = 0.5;

/** An estimate of the seconds in which so many weights are written, as float32. */
export function savingSeconds(weights: number): number {
  return (4 * weights) / SAVED_BYTES_PER_SECOND;
}

/**
 * An estimate of what snapshots add to an update.
 *
 * @param update seconds of one, without @param snapshot seconds of one
 */
export function snapshotSeconds(
  { snapshotEvery, snapshotMinutes }: { snapshotEvery?: number | undefined; snapshotMinutes: number },
  update: number,
  snapshot: number,
): number {
  const byCount = snapshotEvery === undefined ? 0 : 1 / snapshotEvery;
  const byClock = snapshotMinutes === 0 ? 0 : update / (60 * snapshotMinutes);
  return snapshot * (byCount + byClock);
}

/** What the parts of a training take, each in what the budget counts. */
export interface Costs {
  /** Of what comes in any case: what was done already, building the model, saving it. */
  fixed: number;
  update: number;
  evaluation: number;
}

/** What there is to choose the length of a training by. */
export interface Planning {
  /** What the training may take. */
  amount: number;
  costs: Costs;
  /** Of an evaluation, in updates; 0 where there is none. */
  evaluationUpdates: number;
  /** Updates after which it is evaluated in any case, beside the last one; null where that is the last one alone. */
  epoch: number | null;
  /** Updates between evaluations, where that was given. */
  evaluateEvery?: number | undefined;
  /** The most that make sense. Default: no limit */
  mostUpdates?: number;
}

export interface Plan {
  updates: number;
  /** As it was given, or where it was not, as it was chosen: undefined for no evaluations within an epoch. */
  evaluateEvery: number | undefined;
  /** Of all of it, in what the budget counts: at most the amount. */
  cost: number;
}

/** Of the updates' cost, what evaluations within an epoch may add, and the most of them. */
const EVALUATION_SHARE = 0.1;
const MOST_EVALUATIONS = 10;

/** Past this the costs are no measurements any more. */
const MOST_UPDATES = 1e9;

/** The longest training within the amount; null where there is none of a single update. */
export function longestPlan(planning: Planning): Plan | null {
  const { evaluateEvery: given } = planning;
  const evaluateEvery = given ?? chosenCadence(longest(planning, undefined), planning);
  const updates = longest(planning, evaluateEvery);
  return updates === 0 ? null : { updates, evaluateEvery, cost: costOf(updates, evaluateEvery, planning) };
}

/** What a training of a single update takes. */
export function leastCost(planning: Planning): number {
  return costOf(1, planning.evaluateEvery, planning);
}

/** Evaluations within an epoch, where they cost little. They tell of a short run what only its end would. */
function chosenCadence(
  updates: number,
  { evaluationUpdates, epoch }: Pick<Planning, "evaluationUpdates" | "epoch">,
): number | undefined {
  if (evaluationUpdates === 0) return undefined;
  const cheap = Math.ceil(evaluationUpdates / EVALUATION_SHARE);
  const every = Math.max(cheap, Math.ceil(updates / MOST_EVALUATIONS));
  return every < Math.min(updates, epoch ?? updates) ? every : undefined;
}

/** Cost never falls with the updates: bisection finds the most of them. */
function longest(planning: Planning, evaluateEvery: number | undefined): number {
  const { amount, mostUpdates = MOST_UPDATES } = planning;
  let [fits, most] = [0, mostUpdates];
  while (fits < most) {
    const middle = Math.ceil((fits + most) / 2);
    if (costOf(middle, evaluateEvery, planning) <= amount) fits = middle;
    else most = middle - 1;
  }
  return fits;
}

function costOf(updates: number, evaluateEvery: number | undefined, { costs, epoch }: Planning): number {
  return (
    costs.fixed + updates * costs.update + evaluationsOf(updates, evaluateEvery, epoch) * costs.evaluation
  );
}

/** At most: an update that is due for two reasons counts twice. */
export function evaluationsOf(updates: number, every: number | undefined, epoch: number | null): number {
  const periods = [every, epoch ?? undefined].filter((period) => period !== undefined);
  const isLastDue = periods.some((period) => updates % period === 0);
  return periods.reduce((sum, period) => sum + Math.floor(updates / period), isLastDue ? 0 : 1);
}
