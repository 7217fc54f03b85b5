import { SINGLE_PROCESS } from "../distributed/partition.js";
import { checkSameComputation } from "./computation.js";
import { RunLog } from "./run-log.js";
import { RunMeter } from "./run-meter.js";
import type { PretrainContext, RunParts } from "./run-parts.js";
import { RunSnapshots } from "./run-snapshots.js";
import { EMPTY_INTERVAL, type RunProgress } from "./run-state.js";

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
export async function startRun(parts: RunParts, { signal, emit }: PretrainContext): Promise<Run> {
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
    settings: computation,
  };
  const firstStep = progress.step;
  await ranks?.group.compare("first step", { "step to go on from": firstStep });
  const log = new RunLog(settings.outputDir, { firstStep, totalSteps, isLeader: output !== null });
  const meter = new RunMeter(progress, totalSteps, (ranks?.group ?? SINGLE_PROCESS).size);
  const { documents, tokens } = corpora[0]!.train;
  const size = { parameters: parameters.size, documents, tokens };
  emit({ type: "start", firstStep, totalSteps, ...size, ...compute });
  return { ...parts, signal, emit, totalSteps, progress, phase: 0, snapshots, log, meter };
}

/** Puts back what the newest snapshot has; null where there is none. @throws ERR_OPTION where it is of another computation */
async function resume(
  snapshots: RunSnapshots,
  { settings, computation }: RunParts,
  notify: (message: string) => void,
): Promise<RunProgress | null> {
  const snapshot = await snapshots.newest(notify);
  if (snapshot === null) {
    notify("there is no snapshot to resume from: the run begins at step 0");
    return null;
  }
  const { state, restore } = snapshot;
  for (const change of checkSameComputation(state.settings, computation, settings.changeSchedule)) {
    const [before, now] = [change.before, change.now].map((value) => JSON.stringify(value));
    notify(`after step ${state.step}, ${change.name} is ${now} instead of ${before}`);
  }
  restore();
  const { optimizerSteps: _, ...progress } = state;
  return { ...progress, settings: computation };
}
