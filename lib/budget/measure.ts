import type { ProcessGroup } from "../distributed/group.js";
import type { PackedBatch } from "../models/packing.js";
import { noGrad } from "../tensor/autograd.js";
import { scope } from "../tensor/scope.js";
import { totalsOn } from "../train/totals.js";
import { type Training, train } from "../train/train.js";

/** The first updates make what the later ones keep, such as memory and compiled kernels. */
const WARM_UP = 2;
/** At least, with those. */
const UPDATES = 10;
/** And for so long: kernels are compiled for each shape of a batch, so the first seconds are the slowest of a run. */
const LEAST_SECONDS = 1;
const ENOUGH_SECONDS = 10;
/** To read a loss of a GPU is to wait for it, which a run does more rarely. */
const UPDATES_PER_REPORT = 5;
/** It changes next to nothing: the model that is measured is thrown away. */
const LEARNING_RATE = 1e-12;
/** As many batches tell how long an evaluation takes. */
const EVALUATED = 3;

/** What is measured, and how. */
export interface MeasuredTraining<Batch> {
  /** Of a model that is thrown away afterwards. */
  training: Omit<Training<Batch>, "learningRate" | "isReportDue">;
  /** Switches dropout. */
  setTraining(isTraining: boolean): void;
  device: string;
  /** Seconds of some clock. */
  now(): number;
  /** Seconds that it may take; where updates are slow, fewer of them have to do. */
  mostSeconds: number;
  /** The run's other processes, which have to measure at the same time. */
  group: ProcessGroup | undefined;
}

/** How fast this process trains and evaluates. */
export interface Pace {
  /** Of an update, without those that warm up. */
  updateSeconds: number;
  /** Tokens of such an update. */
  updateTokens: number;
  /** Of evaluating, per token. */
  evaluationSecondsPerToken: number;
  /** Updates that were measured. */
  updates: number;
}

/** Makes some updates, and says how long they take. All ranks get what the first one measured. */
export async function measurePace<Batch extends { packed: PackedBatch }>(
  measuring: MeasuredTraining<Batch>,
): Promise<Pace> {
  const { training, group, now, mostSeconds } = measuring;
  const made: { batches: readonly Batch[]; end: number }[] = [];
  const begun = now();
  const wantedSeconds = Math.min(Math.max(LEAST_SECONDS, mostSeconds / 2), ENOUGH_SECONDS);
  const how = { learningRate: () => LEARNING_RATE, isReportDue: isReportDue(measuring.device) };
  // Without CUDA graphs: among so few updates, most would be those that are captured, which take longest.
  for await (const reports of train({ ...training, ...how, capturable: undefined })) {
    const end = now();
    for (const { batches } of reports) made.push({ batches, end });
    const isEnough = made.length >= UPDATES && end - begun >= wantedSeconds;
    const isLong = made.length > WARM_UP && end - begun > mostSeconds;
    if (asFirstRank(group, Number(isEnough || isLong)) === 1) break;
  }
  const { seconds, updates } = laterHalf(made);
  const evaluationSecondsPerToken = evaluationPace(measuring, updates.slice(-EVALUATED));
  return {
    updateSeconds: asFirstRank(group, seconds / updates.length),
    updateTokens: asFirstRank(group, tokensOf(updates.flat()) / updates.length),
    evaluationSecondsPerToken: asFirstRank(group, evaluationSecondsPerToken),
    updates: updates.length,
  };
}

/** The later updates, which are as fast as those to come: JavaScript, too, is compiled while it runs. */
function laterHalf<Batch>(made: readonly { batches: readonly Batch[]; end: number }[]) {
  const half = UPDATES_PER_REPORT * Math.floor(made.length / (2 * UPDATES_PER_REPORT));
  const first = Math.max(WARM_UP, half);
  return {
    seconds: made.at(-1)!.end - made[first - 1]!.end,
    updates: made.slice(first).map(({ batches }) => batches),
  };
}

function tokensOf(batches: readonly { packed: PackedBatch }[]): number {
  return batches.reduce((sum, { packed }) => sum + packed.inputIds.length, 0);
}

function isReportDue(device: string): (step: number) => boolean {
  return (step) => device === "cpu" || step === WARM_UP || step % UPDATES_PER_REPORT === 0;
}

/** Of the forward pass without dropout, which is what takes the time of an evaluation. */
function evaluationPace<Batch extends { packed: PackedBatch }>(
  { training, setTraining, now }: MeasuredTraining<Batch>,
  updates: readonly (readonly Batch[])[],
): number {
  setTraining(false);
  const start = now();
  noGrad(() => {
    for (const batches of updates) {
      training.prepareUpdate?.(batches, () => {});
      for (const batch of batches) {
        const counts = training.counts(batch);
        scope(() => training.loss(batch, totalsOn(training.parameters.device, counts)).toArray()); // waits for it
      }
    }
  });
  setTraining(true);
  return (now() - start) / tokensOf(updates.flat());
}

/** What the first rank says: all have to choose the same. */
export function asFirstRank(group: ProcessGroup | undefined, own: number): number {
  return group ? group.gather(own)[0]! : own;
}
