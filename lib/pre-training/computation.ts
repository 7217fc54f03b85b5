import { createHash } from "node:crypto";
import { join } from "node:path";
import { findWeights } from "../checkpoint/weight-files.js";
import type { ShardedCorpus } from "../data/corpus/sharded-corpus.js";
import { expected } from "../errors.js";
import { sha256OfFile } from "../files/file-hash.js";
import { decidingOptions } from "../options/option.js";
import {
  ALLOWED_BY_SCHEDULE,
  type Change,
  changesBetween,
  isSchedule,
  refusedChange,
} from "../snapshots/settings-changes.js";
import type { DType } from "../tensor/dtype.js";
import type { Origin } from "./build-pretrainer.js";
import { type Phase, type PretrainSettings, phaseOptions, pretrainOptions } from "./options.js";

/** All that decides what a run computes, as JSON. */
export interface Computation {
  phases: Record<string, unknown>[];
  [setting: string]: unknown;
}

export interface ComputationSource {
  settings: PretrainSettings;
  phases: readonly Phase[];
  /** Each phase's documents. */
  corpora: readonly ShardedCorpus[];
  origin: Origin | null;
  /** What "auto" came to. */
  dtype: DType;
  /** How many work on each batch together. */
  processes: number;
}

/**
 * The options that decide what a run computes. Files count by what they hold, not by where they are, and batches by what all
 * processes have together, so that another number of them can go on.
 */
export async function computationOf({
  settings,
  phases,
  corpora,
  origin,
  dtype,
  processes,
}: ComputationSource): Promise<Computation> {
  // A run may go on with evaluations of another size.
  const { phases: _, evaluationSequences: _size, ...all } = decidingOptions(pretrainOptions, settings);
  const ofRun = Object.entries(all).filter(([name]) => !(name in phaseOptions.shape));
  const ofPhases = phases.map((phase, index) => {
    const { batchSize, ...own } = decidingOptions(phaseOptions, phase);
    return { ...own, sequencesPerUpdate: phase.batchSize * processes, data: contentOf(corpora[index]!) };
  });
  return {
    ...Object.fromEntries(ofRun),
    dtype,
    ...(origin && { continueFrom: await fingerprintOf(origin) }),
    phases: ofPhases,
  };
}

/** What tells a corpus from others. */
export function contentOf({ documents, sentences, tokens, checksums }: ShardedCorpus) {
  const sha256 = createHash("sha256").update(checksums.join("\n")).digest("hex");
  return { documents, sentences, tokens, sha256 };
}

async function fingerprintOf({ directory, config }: Origin): Promise<string> {
  const hash = createHash("sha256");
  for (const file of findWeights(directory).names)
    hash.update(`${await sha256OfFile(join(directory, file))}\n`);
  return hash.update(JSON.stringify(config.encoder)).digest("hex");
}

/** How far a run is that is to be resumed, and what may be different. */
export interface Resumption {
  /** Updates made. */
  step: number;
  /** Whether the last phase's updates, the learning rate, its warm-up and its schedule may be others. */
  changeSchedule: boolean;
}

/**
 * A run that has made all its updates may have more, whatever `changeSchedule` says.
 *
 * @returns the settings that are others
 * @throws LibbertError ERR_OPTION naming the first that may not
 */
export function checkSameComputation(
  stored: Computation,
  asked: Computation,
  { step, changeSchedule }: Resumption,
): Change[] {
  const changes = changesBetween(namedSettings(stored), namedSettings(asked));
  const isFinished = step === stepsOf(stored);
  const isLength = ({ name }: Change) => isStepsOfLast(name, stored);
  const beyondSchedule = changes.find((change) => !isSchedule(change.name) && !isLength(change));
  const allowed = (change: Change) => changeSchedule || (isFinished && isLength(change));
  const refused = beyondSchedule ?? changes.find((change) => !allowed(change));
  if (refused === undefined) {
    checkLength(changes.find(isLength), step - stepsOf(stored, -1));
    return changes;
  }
  throw refusedChange(refused, beyondSchedule ? undefined : ALLOWED_BY_SCHEDULE);
}

/** Updates of all phases, or of those before the one at `end`. */
function stepsOf({ phases }: Computation, end?: number): number {
  return phases.slice(0, end).reduce((sum, { steps }) => sum + Number(steps), 0);
}

function isStepsOfLast(name: string, { phases }: Computation): boolean {
  return name === (phases.length === 1 ? "steps" : `phases.${phases.length - 1}.steps`);
}

/** @param made updates of the last phase */
function checkLength(change: Change | undefined, made: number): void {
  if (change !== undefined && Number(change.now) < made)
    throw expected(`at least ${made}, as so many updates are made,`, change.name, change.now);
}

/** Each setting by the name that the option has; of `phases`, their number. */
export function namedSettings({ phases, ...ofRun }: Computation): Record<string, unknown> {
  const prefix = (index: number) => (phases.length === 1 ? "" : `phases.${index}.`);
  const ofPhases = phases.flatMap((phase, index) =>
    Object.entries(phase).map(([name, value]) => [prefix(index) + name, value]),
  );
  return { phases: phases.length, ...ofRun, ...Object.fromEntries(ofPhases) };
}
