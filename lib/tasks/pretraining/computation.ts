import { isDeepStrictEqual } from "node:util";
import { LibbertError } from "../../errors.js";
import type { Compute } from "../compute.js";
import type { PretrainSettings } from "./options.js";
import type { PhaseCorpora } from "./set-up.js";

/** Settings of a run by their names, those of its phases among them. */
export type Computation = Readonly<Record<string, unknown>>;

/**
 * All that decides what a run computes, as JSON; what is left out may differ between a run and its continuation. The
 * corpora count by what they hold, not by where they are, a dtype of "auto" by what it came to, and batches by what all
 * processes have together, so that another number of them can go on.
 */
export function computationOf(
  settings: PretrainSettings,
  corpora: readonly PhaseCorpora[],
  { dtype }: Compute,
  processes: number,
): Computation {
  const {
    resume,
    changeSchedule,
    overwrite,
    snapshotEvery,
    keepSnapshots,
    logEvery,
    evaluateEvery,
    evaluationSequences,
    outputDir,
    batchSize,
    microBatchSize,
    shardOptimizer,
    reduceDtype,
    rankTimeout,
    ...rest
  } = settings;
  const phases = settings.phases?.map(({ data, microBatchSize, batchSize, ...own }) => {
    return { ...own, ...(batchSize && { sequencesPerUpdate: batchSize * processes }) };
  });
  const sequencesPerUpdate = batchSize * processes;
  const data = corpora.map(({ train: { documents, sentences, tokens, vocabulary } }) => {
    return { documents, sentences, tokens, vocabulary: vocabulary.fingerprint };
  });
  return JSON.parse(JSON.stringify({ ...rest, sequencesPerUpdate, dtype, phases, data })); // as it comes back from a snapshot
}

/**
 * @param changeSchedule whether the learning rate, its warm-up and its schedule may be others
 * @returns the settings that are others
 * @throws LibbertError ERR_OPTION naming the first that may not
 */
export function checkSameComputation(
  stored: Computation,
  asked: Computation,
  changeSchedule: boolean,
): { name: string; before: unknown; now: unknown }[] {
  const changed = differences(stored, asked);
  const [beyondSchedule] = differences(withoutSchedule(stored), withoutSchedule(asked));
  const refused = beyondSchedule ?? (changeSchedule ? undefined : changed[0]);
  if (refused === undefined) return changed.map((name) => ({ name, before: stored[name], now: asked[name] }));
  const [before, now] = [JSON.stringify(stored[refused]), JSON.stringify(asked[refused])];
  const [name, ofWhat] =
    refused === "sequencesPerUpdate" ? ["batchSize", " over all processes"] : [refused, ""];
  const wayOn = beyondSchedule === undefined ? "; changeSchedule: true allows it" : "";
  throw new LibbertError(
    "ERR_OPTION",
    `Expected ${before}, as in the run to resume, for ${name} but received ${now}${ofWhat}${wayOn}`,
  );
}

function differences(some: Computation, others: Computation): string[] {
  const names = new Set([...Object.keys(some), ...Object.keys(others)]);
  return [...names].filter((name) => !isDeepStrictEqual(some[name], others[name]));
}

function withoutSchedule({ learningRate, warmupRatio, schedule, phases, ...rest }: Computation): Computation {
  return Array.isArray(phases) ? { ...rest, phases: phases.map(withoutSchedule) } : rest;
}
