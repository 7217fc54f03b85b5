import type { PretrainingBatch } from "../data/pretraining/pretraining-epoch.js";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import { capturable } from "../models/device-batch.js";
import { learningRateAt } from "../optim/schedule.js";
import type { Training } from "../train/training.js";
import { isAnythingDue } from "./due.js";
import { InstanceStream } from "./instance-stream.js";
import type { Phase } from "./options.js";
import { scheduleOf } from "./phase-schedule.js";
import type { Run } from "./start-run.js";

/** Phases must not see the same pairs and masks again: each has a seed of its own. */
const PHASE_SEED_STRIDE = 1_000_003;

/** What is left of a phase, and where its sequences come from. */
export interface PhaseTraining {
  training: Training<PretrainingBatch>;
  stream: InstanceStream;
}

/** @param stepsBefore updates of the phases before */
export function phaseTraining(run: Run, phase: Phase, stepsBefore: number): PhaseTraining {
  const { settings, pretrainer, optimizer, ranks, signal } = run;
  const seed = settings.seed + run.phase * PHASE_SEED_STRIDE;
  const dataOptions = { ...run.dataOptions, maxSeqLength: phase.maxSeqLength, seed };
  const stream = new InstanceStream(run.corpora[run.phase]!.train, dataOptions);
  const schedule = scheduleOf(phase);
  const firstStep = run.progress.step - stepsBefore;
  const training: Training<PretrainingBatch> = {
    parameters: pretrainer.parameters,
    optimizer,
    learningRate: (step) => learningRateAt(step, schedule),
    firstStep,
    updates: updatesOf(run, phase, firstStep, stream),
    counts: (batch) => pretrainer.counts(batch),
    loss: (batch, totals) => pretrainer.loss(batch, totals),
    lossParts: pretrainer.lossParts,
    capturable: capturable(pretrainer, pretrainer.compute.device),
    maxGradNorm: settings.maxGradNorm,
    ranks,
    seed,
    signal,
    // A GPU computes ahead: it is waited for where the losses are looked at, or the weights are.
    ...(pretrainer.compute.device !== "cpu" && {
      isReportDue: (step) => isAnythingDue(run, stepsBefore + step),
    }),
  };
  return { training, stream };
}

function* updatesOf(
  { ranks }: Run,
  { batchSize, microBatchSize, steps }: Phase,
  firstStep: number,
  stream: InstanceStream,
): Generator<PretrainingBatch[]> {
  const size = batchSize * (ranks?.group ?? SINGLE_PROCESS).size;
  for (let step = firstStep; step < steps; step++)
    yield stream.batches(step * size, size, microBatchSize, ranks?.group);
}
