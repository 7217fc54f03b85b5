import type { FineTuneSettings } from "./options.js";
import { prepareRun, withSettings } from "./prepare-run.js";
import type { FineTuneContext } from "./run-context.js";
import { type TrainingCosts, trainingCosts } from "./training-costs.js";

/** How a trial is measured. */
export interface TrialMeasuring {
  batchSizes: readonly number[];
  /** For each of them; null where it is enough to count. */
  mostSeconds: number | null;
}

/** What is known of a trial that was not made. */
export interface MeasuredTrial {
  /** Of the training rows: what makes an epoch. */
  items: number;
  /** Until the rows are read, in seconds. */
  setUp: number;
  /** For each batch size; null where it was enough to count. */
  costs: readonly (TrainingCosts | null)[];
}

/** Reads the rows of a trial, and trains with each batch size for a few updates. */
export async function measureTrial(
  settings: FineTuneSettings,
  { batchSizes, mostSeconds }: TrialMeasuring,
  context: FineTuneContext & Required<Pick<FineTuneContext, "clock">>,
): Promise<MeasuredTrial> {
  using run = await prepareRun(settings, context);
  const setUp = context.clock();
  const costs: (TrainingCosts | null)[] = [];
  for (const batchSize of batchSizes) {
    const other = withSettings(run, { ...run.settings, batchSize }, context);
    const how = mostSeconds !== null && { now: context.clock, mostSeconds };
    costs.push(how ? await trainingCosts(other, context, how) : null);
  }
  return { items: run.rows.train.lengths.length, setUp, costs };
}
