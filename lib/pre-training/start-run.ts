import { isDeepStrictEqual } from "node:util";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import type { Compute } from "../tensor/compute.js";
import { numThreads } from "../tensor/process.js";
import { checkSameComputation } from "./computation.js";
import type { Phase } from "./options.js";
import { rateAt } from "./phase-schedule.js";
import { RunLog } from "./run-log.js";
import { RunMeter } from "./run-meter.js";
import type { PretrainContext, RunParts } from "./run-parts.js";
import { RunSnapshots } from "./run-snapshots.js";
import { EMPTY_INTERVAL, type RunProgress, type RunState } from "./run-state.js";
import { storeSettings } from "./stored-settings.js";

/** A run under way. */
export interface Run extends RunParts, PretrainContext {
  /** Updates of all phases. */
  totalSteps: number;
  /** How far it is. */
  progress: RunProgress;
  /** Index of the phase that is being trained. */
  phase: number;
  snapshots: RunSnapshots;
  log: RunLog;
  meter: RunMeter;
}

/** Begins at step 0, or, where that is asked for, at the newest snapshot. */
export async function startRun(parts: RunParts, context: PretrainContext): Promise<Run> {
  const { emit } = context;
  const { settings, phases, corpora, computation, pretrainer, optimizer, ranks, output } = parts;
  const { parameters, compute } = pretrainer;
  const totalSteps = phases.reduce((sum, { steps }) => sum + steps, 0);
  const snapshots = new RunSnapshots(
    settings.outputDir,
    { parameters, optimizer, ranks },
    { keep: settings.keepSnapshots, output },
  );
  const notify = (message: string) => emit({ type: "notice", message });
  const resumed = settings.resume ? await resume(snapshots, parts, notify) : null;
  if (!settings.resume) snapshots.clear();
  const progress = resumed ?? {
    step: 0,
    interval: { ...EMPTY_INTERVAL },
    trainLoss: null,
    computedOn: computedOn(compute),
    settings: computation,
  };
  const firstStep = progress.step;
  const processes = (ranks?.group ?? SINGLE_PROCESS).size;
  if (output) storeSettings(settings, processes);
  await ranks?.group.compare("first step", { "step to go on from": firstStep });
  const log = new RunLog(settings.outputDir, { firstStep, totalSteps, output, notify });
  const meter = new RunMeter(progress, totalSteps, processes);
  const { documents, tokens } = corpora[0]!.train;
  const size = { parameters: parameters.size, documents, tokens };
  emit({ type: "start", firstStep, totalSteps, ...size, ...compute });
  return { ...parts, ...context, totalSteps, progress, phase: 0, snapshots, log, meter };
}

/** Puts back what the newest snapshot has; null where there is none. @throws ERR_OPTION where it is of another computation */
async function resume(
  snapshots: RunSnapshots,
  { settings, phases, computation, pretrainer }: RunParts,
  notify: (message: string) => void,
): Promise<RunProgress | null> {
  const snapshot = await snapshots.newest(notify);
  if (snapshot === null) {
    notify("there is no snapshot to resume from: the run begins at step 0");
    return null;
  }
  const { state, restore } = snapshot;
  const { changeSchedule } = settings;
  const changes = checkSameComputation(state.settings, computation, { step: state.step, changeSchedule });
  for (const change of changes) {
    const [before, now] = [change.before, change.now].map((value) => JSON.stringify(value));
    notify(`after step ${state.step}, ${change.name} is ${now} instead of ${before}`);
  }
  if (changes.length > 0) noticeRates(state, phases, notify);
  const now = computedOn(pretrainer.compute);
  if (!isDeepStrictEqual(state.computedOn, now)) noticeOrderOfSums(state.computedOn, now, notify);
  restore();
  const { optimizerSteps: _, ...progress } = state;
  return { ...progress, computedOn: now, settings: computation };
}

function computedOn({ device }: Compute): RunState["computedOn"] {
  const kind = device.split(":")[0]!;
  return { device: kind, threads: kind === "cpu" ? numThreads() : null };
}

function noticeOrderOfSums(
  before: RunState["computedOn"],
  now: RunState["computedOn"],
  notify: (message: string) => void,
): void {
  const text = ({ device, threads }: RunState["computedOn"]) =>
    threads === null ? device : `${device} with ${threads} ${threads === 1 ? "thread" : "threads"}`;
  notify(
    `computing on ${text(now)} instead of ${text(before)}: numbers are added in another order, and the result may differ in ` +
      "its last bits from that of a run without interruption",
  );
}

/** What becomes of the learning rate where the run goes on with another schedule. */
function noticeRates(
  { step, settings }: RunState,
  phases: readonly Phase[],
  notify: (message: string) => void,
): void {
  const before = rateAt(step - 1, settings.phases as unknown as Phase[]);
  const next = rateAt(step, phases);
  if (before === undefined || next === undefined) return;
  const [from, to] = [before, next].map((rate) => rate.toExponential(2));
  notify(`the learning rate was ${from} in update ${step} and is ${to} in update ${step + 1}`);
}
