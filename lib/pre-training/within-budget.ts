import type { BudgetChoice } from "../budget/choice.js";
import type { RunClock } from "../budget/clock.js";
import { asFirstRank } from "../budget/measure.js";
import { leastCost, MEASURING_SHARE, PLANNED_SHARE, REPORTING } from "../budget/plan.js";
import { reasonOf } from "../budget/reason.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import { chooseComputeOf } from "../distributed/ranks.js";
import { describe, expected, LibbertError } from "../errors.js";
import { longestSequence } from "../models/encoder-config.js";
import { type BertSize, bertPreset } from "../models/model-config.js";
import { type Budget, parseBudget, timeText } from "../options/budget-option.js";
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
import { type PretrainingCosts, pretrainingCosts } from "./pretraining-costs.js";
import type { PretrainContext } from "./run-parts.js";
import { vocabularyFingerprint } from "./vocabulary-fingerprint.js";

/** Weights, and the optimizer's two moments. */
const SAVES_PER_SNAPSHOT = 3;

/** A choice of what is to be planned, and what that comes to. */
interface Candidate {
  size: BertSize | undefined;
  planning: PretrainPlanning;
  plan: PretrainPlan | null;
  /** Of the longest sequences; null where it is enough to count. */
  measured: (PretrainingCosts & { setUp: number }) | null;
}

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
  if (candidate.plan === null) throw tooSmall(candidate, choosing);
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
    if (best && tokensOf(candidate, choosing) < TOKENS_PER_WEIGHT * layerWeights) break;
    best = candidate;
  }
  return best!;
}

function tokensOf({ plan }: Candidate, { settings, group }: Choosing): number {
  const { maxSeqLength = LENGTHS.long } = settings;
  return plan ? plan.updates * plan.batchSize * maxSeqLength * (group ?? SINGLE_PROCESS).size : 0;
}

/** What a larger model would see, if it computed as fast. */
function expectedTokens(candidate: Candidate, size: BertSize, choosing: Choosing): number {
  const { vocabulary } = choosing.corpora.train;
  const isTimed = choosing.budget.unit === "seconds";
  const work = (of: BertSize) => workPerToken(of, vocabulary.size);
  return tokensOf(candidate, choosing) * (isTimed ? work(candidate.size!) / work(size) : 1);
}

/** Multiplications: of the layers for each token, of the decoder for each that is masked. */
function workPerToken(size: BertSize, vocabularySize: number): number {
  const { numHiddenLayers, hiddenSize } = bertPreset(size).encoder;
  return 12 * numHiddenLayers * hiddenSize ** 2 + 0.15 * vocabularySize * hiddenSize;
}

async function candidateOf(choosing: Choosing, size: BertSize | undefined): Promise<Candidate> {
  const { settings, budget, origin, context } = choosing;
  const longest = origin ? longestSequence(origin.config.encoder) : LENGTHS.long;
  const maxSeqLength = settings.maxSeqLength ?? Math.min(LENGTHS.long, longest);
  if (origin && maxSeqLength > longest)
    throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
  const hasShort = origin === null && settings.maxSeqLength === undefined;
  const batchSize = smallestBatch(settings.batchSize);
  const shortBatch = settings.batchSize ?? (batchSize * LENGTHS.long) / LENGTHS.short;
  const lengths = {
    long: { maxSeqLength, batchSize },
    short: { maxSeqLength: LENGTHS.short, batchSize: shortBatch },
  };
  const planned = { batchSize: settings.batchSize, evaluateEvery: settings.evaluateEvery };
  if (budget.unit !== "seconds") {
    const cost = (sequences: number) =>
      budget.unit === "rows" ? sequences * (choosing.group ?? SINGLE_PROCESS).size : 1;
    const updates = { long: cost(batchSize), short: hasShort ? cost(shortBatch) : null };
    const planning: PretrainPlanning = {
      ...planned,
      amount: budget.amount,
      costs: { fixed: 0, evaluation: 0, updates },
      evaluationUpdates: isEvaluated(choosing) ? settings.evaluationSequences / (3 * batchSize) : 0,
    };
    return { size, planning, plan: planPretraining(planning), measured: null };
  }
  const long = await measure(choosing, size, lengths.long);
  const short = hasShort ? await measure(choosing, size, lengths.short) : null;
  const setUp = asFirstRank(choosing.group ?? undefined, context.clock());
  const evaluation = isEvaluated(choosing) ? long.evaluation : 0;
  const snapshot = (SAVES_PER_SNAPSHOT * long.save) / settings.snapshotEvery;
  const planning: PretrainPlanning = {
    ...planned,
    amount: PLANNED_SHARE * budget.amount - setUp,
    costs: {
      fixed: long.build + (short?.build ?? 0) + (1 + SAVES_PER_SNAPSHOT) * long.save + REPORTING,
      evaluation,
      updates: { long: long.update + snapshot, short: short && short.update + snapshot },
    },
    evaluationUpdates: evaluation / long.update,
  };
  return { size, planning, plan: planPretraining(planning), measured: { ...long, evaluation, setUp } };
}

function measure(
  { settings, budget, origin, corpora, group, context }: Choosing,
  size: BertSize | undefined,
  length: { maxSeqLength: number; batchSize: number },
): Promise<PretrainingCosts> {
  const { clock: now, signal } = context;
  const compute = chooseComputeOf(group, settings);
  const measured = size === undefined ? settings : { ...settings, size };
  const mostSeconds = (MEASURING_SHARE * budget.amount) / 2; // of two lengths
  return pretrainingCosts(
    { settings: measured, origin, corpora, compute, group, ...length },
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
  const remarks = [
    ...(shortUpdates > 0
      ? [
          `${shortUpdates} of the updates have sequences of ${LENGTHS.short} tokens, which teach most at the beginning`,
        ]
      : []),
    ...(size === undefined
      ? []
      : [`a larger model would see fewer than ${TOKENS_PER_WEIGHT} tokens for each weight of its layers`]),
  ];
  return {
    budget: settings.budget!,
    chosen: chosenOptions(plan, settings, size),
    reason: reasonOf({ updates, trainings: 1, expectedSeconds, measured, remarks }),
    expectedSeconds,
  };
}

function tooSmall({ planning, measured }: Candidate, { settings, budget }: Choosing): LibbertError {
  const least = leastCost(withLongUpdates(planning));
  const needed = measured
    ? timeText((measured.setUp + least) / PLANNED_SHARE)
    : counted(Math.ceil(least), budget.unit === "rows" ? "sequence" : "update");
  return new LibbertError(
    "ERR_OPTION",
    `Expected at least "${needed}" for budget, as one update takes with all that comes with it, but received ${describe(settings.budget)}`,
    { option: "budget" },
  );
}
