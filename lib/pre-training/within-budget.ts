import type { BudgetChoice } from "../budget/choice.js";
import type { RunClock } from "../budget/clock.js";
import { asFirstRank } from "../budget/measure.js";
import { leastCost, MEASURING_SHARE, PLANNED_SHARE, REPORTING, snapshotSeconds } from "../budget/plan.js";
import { reasonOf } from "../budget/reason.js";
import { tooSmall } from "../budget/too-small.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import { chooseComputeOf } from "../distributed/ranks.js";
import { expected, type LibbertError } from "../errors.js";
import { longestSequence } from "../models/encoder-config.js";
import { type BertSize, bertPreset } from "../models/model-config.js";
import { type Budget, parseBudget } from "../options/budget-option.js";
import { counted } from "../text-format.js";
import {
  chosenOptions,
  LENGTHS,
  type PretrainPlan,
  type PretrainPlanning,
  planPretraining,
  SIZES_BY_WORK,
  smallestBatch,
  TOKENS_PER_WEIGHT,
  withLongUpdates,
} from "./budget-plan.js";
import { type Origin, openOrigin } from "./build-pretrainer.js";
import { completeSettings } from "./complete-settings.js";
import { OpenCorpora, type PreparedCorpora } from "./open-corpora.js";
import { type PretrainSettings, phasesOf } from "./options.js";
import { type MeasuredPhase, type PretrainingCosts, pretrainingCosts } from "./pretraining-costs.js";
import type { PretrainContext } from "./run-parts.js";
import { vocabularyFingerprint } from "./vocabulary-fingerprint.js";

/** Weights, and the optimizer's two moments. */
const SAVES_PER_SNAPSHOT = 3;

/** A choice of what is to be planned, and what that comes to. */
interface Candidate {
  size: BertSize | undefined;
  planning: PretrainPlanning;
  plan: PretrainPlan | null;
  /** Null where it is enough to count. */
  measured: Measured | null;
}

/** What sequences of the whole length take, and short ones, where the run has some. */
interface Measured extends PretrainingCosts {
  short: PretrainingCosts | null;
  /** Of all that came before, measuring included. */
  setUp: number;
}

/** Tokens of a sequence, and sequences of an update. */
type Shape = Pick<MeasuredPhase, "maxSeqLength" | "batchSize">;

/** All that is the same for all candidates. */
interface Choosing {
  settings: PretrainSettings;
  budget: Budget;
  origin: Origin | null;
  corpora: PreparedCorpora;
  group: ProcessGroup | null;
  context: PretrainContext & { clock: RunClock };
}

/**
 * The settings of a run that keeps within its budget, with what they were chosen by: size, length, batches and phases, as far as
 * they are not given.
 *
 * @throws ERR_OPTION for a budget that is too small for anything, which says what would do
 */
export async function withinBudget(
  settings: PretrainSettings,
  context: PretrainContext & { clock: RunClock },
  group: ProcessGroup | null,
): Promise<{ settings: PretrainSettings; budget: BudgetChoice }> {
  const budget = parseBudget(settings.budget!)!;
  const origin = settings.continueFrom === undefined ? null : await openOrigin(settings.continueFrom);
  const phases = phasesOf({ ...settings, steps: 1 });
  await using opened = new OpenCorpora(phases, await vocabularyFingerprint(origin));
  const choosing = { settings, budget, origin, corpora: opened.phases[0]!, group, context };
  const candidate = await chooseSize(choosing);
  if (candidate.plan === null) throw refusalOf(candidate, choosing);
  const choice = choiceOf(candidate, candidate.plan, choosing);
  context.emit({ type: "budget", ...choice });
  const { budget: _, ...others } = settings;
  return { settings: completeSettings({ ...others, ...choice.chosen }), budget: choice };
}

/** The largest size that sees enough tokens for its weights; the next one is tried where it may. */
async function chooseSize(choosing: Choosing): Promise<Candidate> {
  const { settings, origin } = choosing;
  if (origin !== null || settings.size !== undefined) return candidateOf(choosing, undefined);
  let best: Candidate | undefined;
  for (const { size, layerWeights } of SIZES_BY_WORK) {
    if (best && expectedTokens(best, size, choosing) < TOKENS_PER_WEIGHT * layerWeights) break;
    const candidate = await candidateOf(choosing, size);
    if (best && tokensSeen(candidate, choosing) < TOKENS_PER_WEIGHT * layerWeights) break;
    best = candidate;
  }
  return afterMeasuring(best!, choosing);
}

/** The same, with what is left when larger models were measured, too. */
function afterMeasuring(candidate: Candidate, choosing: Choosing): Candidate {
  if (candidate.measured === null) return candidate;
  const measured = { ...candidate.measured, setUp: secondsSoFar(choosing) };
  const planning = timedPlanning(choosing, measured);
  return { ...candidate, planning, plan: planPretraining(planning), measured };
}

function tokensSeen({ plan }: Candidate, { settings, group }: Choosing): number {
  const { maxSeqLength = LENGTHS.long } = settings;
  return plan ? plan.updates * plan.batchSize * maxSeqLength * (group ?? SINGLE_PROCESS).size : 0;
}

/** What a larger model would see, if it computed as fast. */
function expectedTokens(candidate: Candidate, size: BertSize, choosing: Choosing): number {
  const { vocabulary } = choosing.corpora.train;
  const isTimed = choosing.budget.unit === "seconds";
  const work = (of: BertSize) => workPerToken(of, vocabulary.size);
  return tokensSeen(candidate, choosing) * (isTimed ? work(candidate.size!) / work(size) : 1);
}

/** Multiplications: of the layers for each token, of the decoder for each that is masked. */
function workPerToken(size: BertSize, vocabularySize: number): number {
  const { numHiddenLayers, hiddenSize } = bertPreset(size).encoder;
  return 12 * numHiddenLayers * hiddenSize ** 2 + 0.15 * vocabularySize * hiddenSize;
}

async function candidateOf(choosing: Choosing, size: BertSize | undefined): Promise<Candidate> {
  const isTimed = choosing.budget.unit === "seconds";
  const measured = isTimed ? await measurePhases(choosing, size) : null;
  const planning = measured ? timedPlanning(choosing, measured) : countedPlanning(choosing);
  return { size, planning, plan: planPretraining(planning), measured };
}

/** The sequences of an update, by the phases that the run is to have: without given lengths, a new model has short ones, too. */
function phaseShapes({ settings, origin }: Choosing): { long: Shape; short: Shape | null } {
  const { maxSeqLength = LENGTHS.long } = settings;
  const longest = origin ? longestSequence(origin.config.encoder) : maxSeqLength;
  if (maxSeqLength > longest)
    throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
  const batchSize = smallestBatch(settings.batchSize);
  const hasShort = origin === null && settings.maxSeqLength === undefined;
  const shortBatch = settings.batchSize ?? (batchSize * LENGTHS.long) / LENGTHS.short;
  return {
    long: { maxSeqLength, batchSize },
    short: hasShort ? { maxSeqLength: LENGTHS.short, batchSize: shortBatch } : null,
  };
}

function countedPlanning(choosing: Choosing): PretrainPlanning {
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

async function measurePhases(choosing: Choosing, size: BertSize | undefined): Promise<Measured> {
  const { long, short } = phaseShapes(choosing);
  const ofLong = await measure(choosing, size, long);
  const ofShort = short && (await measure(choosing, size, short));
  const evaluation = isEvaluated(choosing) ? ofLong.evaluation : 0;
  return { ...ofLong, evaluation, short: ofShort, setUp: secondsSoFar(choosing) };
}

function timedPlanning({ settings, budget }: Choosing, measured: Measured): PretrainPlanning {
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

function secondsSoFar({ group, context }: Choosing): number {
  return asFirstRank(group ?? undefined, context.clock());
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

function choiceOf({ size, measured }: Candidate, plan: PretrainPlan, { settings }: Choosing): BudgetChoice {
  const { updates, shortUpdates } = plan;
  const expectedSeconds = measured && measured.setUp + plan.cost;
  const remarks: string[] = [];
  if (shortUpdates > 0)
    remarks.push(
      `${counted(shortUpdates, "update")} with ${LENGTHS.short} tokens a sequence, as the beginning learns most of those`,
    );
  if (size !== undefined && size !== SIZES_BY_WORK.at(-1)!.size)
    remarks.push(
      `a larger model would see fewer than ${TOKENS_PER_WEIGHT} tokens for each weight of its layers`,
    );
  return {
    budget: settings.budget!,
    chosen: chosenOptions(plan, settings, size),
    reason: reasonOf({ updates, trainings: 1, expectedSeconds, measured, remarks }),
    expectedSeconds,
  };
}

function refusalOf({ planning, measured }: Candidate, { settings, budget }: Choosing): LibbertError {
  const least = leastCost(withLongUpdates(planning)) + (measured?.setUp ?? 0);
  return tooSmall({
    ...{ given: settings.budget!, unit: budget.unit, least },
    ...{ updates: "one update", row: "sequence" },
  });
}
