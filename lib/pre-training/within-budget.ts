import type { BudgetChoice } from "../budget/choice.js";
import type { RunClock } from "../budget/clock.js";
import { leastCost } from "../budget/plan.js";
import { reasonOf } from "../budget/reason.js";
import { tooSmall } from "../budget/too-small.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import type { LibbertError } from "../errors.js";
import { type BertSize, bertPreset } from "../models/model-config.js";
import { parseBudget } from "../options/budget-option.js";
import { counted } from "../text-format.js";
import {
  chosenOptions,
  PHASE_LENGTHS,
  type PretrainPlan,
  type PretrainPlanning,
  planPretraining,
  SIZES_BY_WORK,
  TOKENS_PER_WEIGHT,
  withLongUpdates,
} from "./budget-plan.js";
import {
  type Choosing,
  countedPlanning,
  type Measured,
  measurePhases,
  secondsSoFar,
  timedPlanning,
} from "./budget-planning.js";
import { openOrigin } from "./build-pretrainer.js";
import { completeSettings } from "./complete-settings.js";
import { OpenCorpora } from "./open-corpora.js";
import { type PretrainSettings, phasesOf } from "./options.js";
import type { PretrainContext } from "./run-parts.js";
import { vocabularyFingerprint } from "./vocabulary-fingerprint.js";

/** A choice of what is to be planned, and what that comes to. */
interface Candidate {
  size: BertSize | undefined;
  planning: PretrainPlanning;
  plan: PretrainPlan | null;
  /** Null where it is enough to count. */
  measured: Measured | null;
}

/**
 * The settings of a run that keeps within its budget, with what they were chosen by: size, length, batches and phases, as far as
 * they are not given.
 *
 * @throws ERR_OPTION for a budget that is too small for anything, which says what would do
 */
export async function pretrainWithinBudget(
  settings: PretrainSettings,
  context: PretrainContext & { clock: RunClock },
  group: ProcessGroup | undefined,
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
  const { maxSeqLength = PHASE_LENGTHS.long } = settings;
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

function choiceOf({ size, measured }: Candidate, plan: PretrainPlan, { settings }: Choosing): BudgetChoice {
  const { updates, shortUpdates } = plan;
  const expectedSeconds = measured && measured.setUp + plan.cost;
  const remarks: string[] = [];
  if (shortUpdates > 0)
    remarks.push(
      `${counted(shortUpdates, "update")} with ${PHASE_LENGTHS.short} tokens a sequence, as the beginning learns most of those`,
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
