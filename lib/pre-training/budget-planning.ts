import type { RunClock } from "../budget/clock.js";
import { asFirstRank } from "../budget/measure.js";
import { MEASURING_SHARE, PLANNED_SHARE, REPORTING, snapshotSeconds } from "../budget/plan.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import { chooseComputeOf } from "../distributed/ranks.js";
import { expected } from "../errors.js";
import { longestSequence } from "../models/encoder-config.js";
import type { BertSize } from "../models/model-config.js";
import type { Budget } from "../options/budget-option.js";
import { PHASE_LENGTHS, type PretrainPlanning, smallestBatch } from "./budget-plan.js";
import type { Origin } from "./build-pretrainer.js";
import type { PreparedCorpora } from "./open-corpora.js";
import type { PretrainSettings } from "./options.js";
import { type MeasuredPhase, type PretrainingCosts, pretrainingCosts } from "./pretraining-costs.js";
import type { PretrainContext } from "./run-parts.js";

/** Weights, and the optimizer's two moments. */
const SAVES_PER_SNAPSHOT = 3;

/** What sequences of the whole length take, and short ones, where the run has some. */
export interface Measured extends PretrainingCosts {
  short: PretrainingCosts | null;
  /** Of all that came before, measuring included. */
  setUp: number;
}

/** Tokens of a sequence, and sequences of an update. */
type Shape = Pick<MeasuredPhase, "maxSeqLength" | "batchSize">;

/** What a run is chosen by, whatever the size of its model. */
export interface Choosing {
  settings: PretrainSettings;
  budget: Budget;
  origin: Origin | null;
  corpora: PreparedCorpora;
  group: ProcessGroup | undefined;
  context: PretrainContext & { clock: RunClock };
}

/** The sequences of an update, by the phases that the run is to have: without given lengths, a new model has short ones, too. */
function phaseShapes({ settings, origin }: Choosing): { long: Shape; short: Shape | null } {
  const { maxSeqLength = PHASE_LENGTHS.long } = settings;
  const longest = origin ? longestSequence(origin.config.encoder) : maxSeqLength;
  if (maxSeqLength > longest)
    throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
  const batchSize = smallestBatch(settings.batchSize);
  const hasShort = origin === null && settings.maxSeqLength === undefined;
  const shortBatch = settings.batchSize ?? (batchSize * PHASE_LENGTHS.long) / PHASE_LENGTHS.short;
  return {
    long: { maxSeqLength, batchSize },
    short: hasShort ? { maxSeqLength: PHASE_LENGTHS.short, batchSize: shortBatch } : null,
  };
}

export function countedPlanning(choosing: Choosing): PretrainPlanning {
  const { settings, budget, group } = choosing;
  const { long, short } = phaseShapes(choosing);
  const cost = ({ batchSize }: Shape) =>
    budget.unit === "rows" ? batchSize * (group ?? SINGLE_PROCESS).size : 1;
  return {
    ...{ batchSize: settings.batchSize, evaluateEvery: settings.evaluateEvery },
    amount: budget.amount,
    costs: { fixed: 0, evaluation: 0, updates: { long: cost(long), short: short && cost(short) } },
    // Backward takes twice as long as forward, which is all that an evaluation needs.
    evaluationUpdates: isEvaluated(choosing) ? settings.evaluationSequences / (3 * long.batchSize) : 0,
  };
}

export async function measurePhases(choosing: Choosing, size: BertSize | undefined): Promise<Measured> {
  const { long, short } = phaseShapes(choosing);
  const ofLong = await measure(choosing, size, long);
  const ofShort = short && (await measure(choosing, size, short));
  const evaluation = isEvaluated(choosing) ? ofLong.evaluation : 0;
  return { ...ofLong, evaluation, short: ofShort, setUp: secondsSoFar(choosing) };
}

export function timedPlanning({ settings, budget }: Choosing, measured: Measured): PretrainPlanning {
  const { build, save, update, evaluation, short, setUp } = measured;
  const withSnapshots = (seconds: number) =>
    seconds + snapshotSeconds(settings, seconds, SAVES_PER_SNAPSHOT * save);
  return {
    ...{ batchSize: settings.batchSize, evaluateEvery: settings.evaluateEvery },
    amount: PLANNED_SHARE * budget.amount - setUp,
    costs: {
      fixed: build + (short?.build ?? 0) + (1 + SAVES_PER_SNAPSHOT) * save + REPORTING,
      evaluation,
      updates: { long: withSnapshots(update), short: short && withSnapshots(short.update) },
    },
    evaluationUpdates: evaluation / update,
  };
}

export function secondsSoFar({ group, context }: Choosing): number {
  return asFirstRank(group, context.clock());
}

function measure(
  { settings, budget, origin, corpora, group, context }: Choosing,
  size: BertSize | undefined,
  shape: Shape,
): Promise<PretrainingCosts> {
  const { clock: now, signal } = context;
  const compute = chooseComputeOf(group, settings);
  const measured = size === undefined ? settings : { ...settings, size };
  const mostSeconds = (MEASURING_SHARE * budget.amount) / 2; // of two lengths
  return pretrainingCosts(
    { settings: measured, origin, corpora, compute, group, ...shape },
    { now, mostSeconds, signal },
  );
}

/** As `learnableCorpora` has it. */
function isEvaluated({ corpora: { validation }, settings }: Choosing): boolean {
  return validation.documents >= (settings.objective === "mlm+nsp" ? 2 : 1);
}
