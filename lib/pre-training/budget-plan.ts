import { longestPlan, type Plan, type Planning } from "../budget/plan.js";
import type { BertSize } from "../models/model-config.js";
import type { Phase, PretrainSettings } from "./options.js";

/** Sizes of new models, the smallest first, with the weights of their layers and their highest learning rate. */
export const SIZES_BY_WORK: readonly { size: BertSize; layerWeights: number; learningRate: number }[] = [
  { size: "tiny", layerWeights: 0.4e6, learningRate: 5e-4 },
  { size: "mini", layerWeights: 3.2e6, learningRate: 5e-4 },
  { size: "small", layerWeights: 12.6e6, learningRate: 3e-4 },
  { size: "medium", layerWeights: 25.2e6, learningRate: 2e-4 },
  { size: "base", layerWeights: 85e6, learningRate: 1e-4 },
  { size: "large", layerWeights: 302e6, learningRate: 1e-4 },
];

/** As many tokens as the example's BERT-mini saw of each weight of its layers: docs/measurements.md, twenty minutes of pre-training. */
export const TOKENS_PER_WEIGHT = 3;

/** The length at the end, and that at which attention soon finds the neighbours that matter; see examples/from-scratch.ts. */
export const PHASE_LENGTHS = { long: 128, short: 32 } as const;
/** Of the updates, those that have short sequences. */
const SHORT_SHARE = 0.3;
/** With fewer, a phase of its own is not worth it. */
const FEW_UPDATES = 20;

/** Sequences of an update: what a short run lacks is updates, so that batches grow where there are enough of them. */
const SMALLEST_BATCH = 16;
const LARGEST_BATCH = 256;
const MANY_UPDATES = 20_000;

/** What an update takes of the smallest batch, by the length of its sequences. Short ones are as many more as make as many tokens. */
export interface UpdateCosts {
  long: number;
  /** Null where the run has one length. */
  short: number | null;
}

/** What a run is planned by. */
export interface PretrainPlanning extends Omit<Planning, "costs" | "epoch" | "evaluationUpdates"> {
  costs: { fixed: number; evaluation: number; updates: UpdateCosts };
  /** Of the smallest batch. */
  evaluationUpdates: number;
  /** Sequences of an update, where that is given. */
  batchSize: number | undefined;
}

export interface PretrainPlan extends Plan {
  /** Of the longest sequences. */
  batchSize: number;
  /** Updates with short sequences; 0 for none. */
  shortUpdates: number;
}

/** The batch of the first measurement. */
export function smallestBatch(batchSize: number | undefined): number {
  return batchSize ?? SMALLEST_BATCH;
}

/** The longest run within the amount; null where there is none of a single update. */
export function planPretraining(planning: PretrainPlanning): PretrainPlan | null {
  const smallest = planOf(planning, 1);
  if (planning.batchSize !== undefined || smallest === null) return smallest;
  let best = smallest;
  for (let factor = 2; factor * SMALLEST_BATCH <= LARGEST_BATCH; factor *= 2) {
    const plan = planOf(planning, factor);
    if (plan === null || plan.updates < MANY_UPDATES) break;
    best = plan;
  }
  return best;
}

/** @param factor by which batches are larger than the smallest */
function planOf(planning: PretrainPlanning, factor: number): PretrainPlan | null {
  const { updates } = planning.costs;
  const batchSize = factor * smallestBatch(planning.batchSize);
  if (updates.short === null) {
    const plan = longestPlan(withLongUpdates(planning, factor));
    return plan && { ...plan, batchSize, shortUpdates: 0 };
  }
  const update = factor * (SHORT_SHARE * updates.short + (1 - SHORT_SHARE) * updates.long);
  const rounding = factor * Math.max(0, updates.long - updates.short); // of the short updates' number, down to a whole one
  const long = withLongUpdates(planning, factor);
  const plan = longestPlan({ ...long, costs: { ...long.costs, fixed: long.costs.fixed + rounding, update } });
  if (plan && plan.updates >= FEW_UPDATES)
    return { ...plan, batchSize, shortUpdates: Math.floor(SHORT_SHARE * plan.updates) };
  const fewer = { ...planning, mostUpdates: FEW_UPDATES - 1 };
  return planOf({ ...fewer, costs: { ...fewer.costs, updates: { ...updates, short: null } } }, factor);
}

/** The planning of a run whose updates all have the longest sequences. */
export function withLongUpdates(
  { costs: { fixed, evaluation, updates }, evaluationUpdates, ...planning }: PretrainPlanning,
  factor = 1,
): Planning {
  const costs = { fixed, evaluation, update: factor * updates.long };
  return { ...planning, epoch: null, evaluationUpdates: evaluationUpdates / factor, costs };
}

/** The options that a plan comes to, as far as they are not given. */
export function chosenOptions(
  { updates, shortUpdates, batchSize, evaluateEvery }: PretrainPlan,
  given: PretrainSettings,
  size: BertSize | undefined,
): Partial<PretrainSettings> {
  const learningRate = SIZES_BY_WORK.find((known) => known.size === (size ?? given.size))?.learningRate;
  return {
    ...(size !== undefined && { size }),
    ...(given.learningRate === undefined && learningRate !== undefined && { learningRate }),
    ...(shortUpdates > 0
      ? { phases: shortThenLong(updates, shortUpdates, batchSize, given) }
      : {
          steps: updates,
          ...(given.batchSize === undefined && { batchSize }),
          ...(given.warmupRatio === undefined && { warmupRatio: 0.1 }),
        }),
    ...(given.evaluateEvery === undefined && evaluateEvery !== undefined && { evaluateEvery }),
  };
}

/** The example's: the rate rises over the short sequences' first third, stays, and falls over the long ones. */
function shortThenLong(
  updates: number,
  shortUpdates: number,
  batchSize: number,
  given: PretrainSettings,
): Partial<Phase>[] {
  const { short, long } = PHASE_LENGTHS;
  const phase = (steps: number, maxSeqLength: number, own: Partial<Phase>): Partial<Phase> => ({
    steps,
    maxSeqLength,
    ...Object.fromEntries(
      Object.entries(own).filter(([name]) => given[name as keyof PretrainSettings] === undefined),
    ),
  });
  return [
    phase(shortUpdates, short, {
      batchSize: (batchSize * long) / short,
      schedule: "constant",
      warmupRatio: SHORT_SHARE,
    }),
    phase(updates - shortUpdates, long, { batchSize, schedule: "linear", warmupRatio: 0.02 }),
  ];
}
