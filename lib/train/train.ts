import { setImmediate as nextTurn } from "node:timers/promises";
import { expected, LibbertError } from "../errors.js";
import { Divergence } from "./divergence.js";
import { graphsFor } from "./graphs-of-updates.js";
import type { Counts } from "./totals.js";
import type { Training } from "./training.js";
import { update } from "./update.js";
import { UpdateFigures, type UpdateReport } from "./update-figures.js";
import { WeightSnapshot } from "./weight-snapshot.js";

export type { Counts, Totals } from "./totals.js";
export type { Capturable, Training } from "./training.js";
export type { UpdateReport } from "./update-figures.js";

/** Another rank was asked to stop, and all did after the same update. */
export class StoppedByRank extends LibbertError {
  constructor() {
    super("ERR_STOPPED", "Another rank was asked to stop");
  }
}

/**
 * The training loop: gives the reports of the updates made since it last did, whenever one is due. Whoever takes them may evaluate
 * the weights, store them, or leave the loop: no update is made meanwhile. Between updates the event loop gets a turn, so that
 * an abort or a message comes through.
 *
 * ```ts
 * for await (const reports of train(training)) for (const { step, loss } of reports) console.log(step, loss);
 * ```
 *
 * @throws the signal's reason, within one update; Divergence when a loss or gradient is not finite, after which the weights are
 *   the last good ones; ERR_OUT_OF_MEMORY
 */
export async function* train<Batch>(
  training: Training<Batch>,
): AsyncGenerator<UpdateReport<Batch>[], void, undefined> {
  const { signal, maxGradNorm, firstStep = 0, isReportDue = () => true } = training;
  if (!(maxGradNorm >= 0)) throw expected("a number of at least 0", "maxGradNorm", maxGradNorm);
  const lastGood = training.lastGood ?? new WeightSnapshot(training.parameters);
  const figures = new UpdateFigures<Batch>(training.ranks);
  const graphs = graphsFor(training);
  let step = firstStep;
  try {
    for await (const batches of training.updates) {
      const { totals, isToStop } = agree(training, batches);
      if (isToStop) {
        figures.read();
        yield* pending(figures);
        signal?.throwIfAborted();
        throw new StoppedByRank();
      }
      const isDue = isReportDue(step + 1);
      update(training, { batches, totals, step: step++, isReportDue: isDue }, figures, lastGood, graphs);
      if (isDue) yield* pending(figures);
      await nextTurn();
    }
    figures.read();
    yield* pending(figures);
  } catch (error) {
    if (!(error instanceof LibbertError && error.code === "ERR_NON_FINITE")) throw error;
    lastGood.restore(); // first: whoever takes the reports may leave
    yield* pending(figures); // of the updates before
    throw new Divergence(error, lastGood.step);
  } finally {
    figures.dispose();
    graphs?.[Symbol.dispose]();
    if (lastGood !== training.lastGood) lastGood.dispose();
  }
}

/** The reports that nobody has had yet, if there are any. */
function* pending<Batch>(figures: UpdateFigures<Batch>): Generator<UpdateReport<Batch>[]> {
  const reports = figures.take();
  if (reports.length > 0) yield reports;
}

/** What the update counts, over all its micro-batches and ranks, and whether it is not to be made any more. */
function agree<Batch>(
  { counts, signal, ranks }: Training<Batch>,
  batches: Batch[],
): { totals: Counts; isToStop: boolean } {
  const isToStop = signal?.aborted ?? false;
  const own = sumOfCounts(batches.map((batch) => counts(batch)));
  return ranks ? ranks.agree(own, isToStop) : { totals: own, isToStop };
}

function sumOfCounts(all: readonly Counts[]): Counts {
  const totals: Record<string, number> = {};
  for (const counts of all) {
    for (const [kind, count] of Object.entries(counts)) totals[kind] = (totals[kind] ?? 0) + count;
  }
  return totals;
}
