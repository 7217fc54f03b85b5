import type { RunClock } from "../budget/clock.js";
import { asFirstRank, measurePace } from "../budget/measure.js";
import { savingSeconds } from "../budget/plan.js";
import { DataParallel } from "../distributed/data-parallel.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import type { Compute } from "../tensor/compute.js";
import { continuedPretrainer, newPretrainer, type Origin } from "./build-pretrainer.js";
import { dataOptionsOf } from "./data-options.js";
import { InstanceStream } from "./instance-stream.js";
import type { PreparedCorpora } from "./open-corpora.js";
import type { PretrainSettings } from "./options.js";

/** What the parts of a pre-training take on this machine, in seconds. */
export interface PretrainingCosts {
  /** Of the model, and of looking for the sequences of an epoch. */
  build: number;
  /** Of the weights, an estimate. */
  save: number;
  update: number;
  evaluation: number;
  /** Updates that were measured. */
  measured: number;
}

/** What is measured: a model, on sequences of one length. */
export interface MeasuredPhase {
  /** With the size of a new model. */
  settings: PretrainSettings;
  origin: Origin | null;
  corpora: PreparedCorpora;
  compute: Compute;
  group: ProcessGroup | undefined;
  /** Tokens of a sequence, and sequences of an update, of each process. */
  maxSeqLength: number;
  batchSize: number;
}

/** Trains a model for a few updates, and throws it away: the run itself begins as if that had not been. */
export async function pretrainingCosts(
  phase: MeasuredPhase,
  { now, mostSeconds, signal }: { now: RunClock; mostSeconds: number; signal: AbortSignal | undefined },
): Promise<PretrainingCosts> {
  const { settings, origin, corpora, compute, group, maxSeqLength, batchSize } = phase;
  const begun = now();
  using pretrainer = origin
    ? continuedPretrainer(origin, settings, compute, () => {})
    : newPretrainer(settings, corpora.train.vocabulary, compute);
  const { parameters } = pretrainer;
  using ranks = group && new DataParallel(group, parameters, settings);
  const optimizer = createOptimizer(settings.optimizer, parameters, settings.weightDecay, ranks);
  try {
    const stream = new InstanceStream(corpora.train, {
      ...dataOptionsOf(settings, pretrainer),
      ...{ maxSeqLength, seed: settings.seed },
    });
    stream.batches(0, 1, 1); // looks through the corpus
    const build = now() - begun;
    pretrainer.train(true);
    const size = batchSize * (group ?? SINGLE_PROCESS).size;
    const microBatchSize = settings.microBatchSize ?? batchSize;
    const updates = function* () {
      for (let first = 0; ; first += size) yield stream.batches(first, size, microBatchSize, group);
    };
    const pace = await measurePace({
      training: {
        ...{ parameters, optimizer, ranks, signal, seed: 0, maxGradNorm: settings.maxGradNorm },
        updates: updates(),
        counts: (batch) => pretrainer.counts(batch),
        loss: (batch, totals) => pretrainer.loss(batch, totals),
        lossParts: pretrainer.lossParts,
      },
      setTraining: (isTraining) => pretrainer.train(isTraining),
      device: compute.device,
      ...{ now, mostSeconds, group },
    });
    const perSequence = pace.updateTokens / batchSize;
    const evaluated = Math.min(settings.evaluationSequences * perSequence, corpora.validation.tokens);
    return {
      build: asFirstRank(group, build),
      save: savingSeconds(parameters.size),
      update: pace.updateSeconds,
      evaluation: (pace.evaluationSecondsPerToken * evaluated) / (group ?? SINGLE_PROCESS).size,
      measured: pace.updates,
    };
  } finally {
    optimizer.dispose();
  }
}
