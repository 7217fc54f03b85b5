import { join } from "node:path";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import { computedOn } from "../snapshots/computed-on.js";
import { NOTHING_TO_RESUME, noticeRates, resumeNewest } from "../snapshots/resume-newest.js";
import { RunSnapshots } from "../snapshots/run-snapshots.js";
import { SNAPSHOTS } from "../snapshots/snapshot-folder.js";
import { SnapshotTimes } from "../snapshots/snapshot-times.js";
import { circumstancesOf } from "../train/circumstances.js";
import { checkSameComputation, type contentOf } from "./computation.js";
import type { PretrainStart } from "./events.js";
import type { Phase } from "./options.js";
import { rateAt } from "./phase-schedule.js";
import { RunLog, type StartLine } from "./run-log.js";
import { RunMeter } from "./run-meter.js";
import type { PretrainContext, RunParts } from "./run-parts.js";
import { EMPTY_INTERVAL, type PretrainState, pretrainState, type RunProgress } from "./run-state.js";
import { storeSettings } from "./stored-settings.js";

/** A run under way. */
export interface Run extends RunParts, PretrainContext {
  /** Updates of all phases. */
  totalSteps: number;
  /** How far it is. */
  progress: RunProgress;
  /** Index of the phase that is being trained. */
  phase: number;
  snapshots: RunSnapshots<PretrainState>;
  times: SnapshotTimes;
  log: RunLog;
  meter: RunMeter;
}

/** Begins at step 0, or, where that is asked for, at the newest snapshot. */
export async function startRun(parts: RunParts, context: PretrainContext): Promise<Run> {
  const { emit } = context;
  const { settings, budget, phases, corpora, computation, pretrainer, optimizer, ranks, output } = parts;
  const { parameters, compute } = pretrainer;
  const totalSteps = phases.reduce((sum, { steps }) => sum + steps, 0);
  const snapshots = new RunSnapshots(
    join(settings.outputDir, SNAPSHOTS),
    { parameters, optimizer, copies: {}, ranks },
    { schema: pretrainState, keep: settings.keepSnapshots, output },
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
  if (output) storeSettings(settings, budget, processes);
  await ranks?.group.compare("first step", { "step to go on from": firstStep });
  const log = new RunLog(settings.outputDir, { firstStep, totalSteps, output, notify });
  const meter = new RunMeter(progress, totalSteps, processes);
  const { documents, tokens } = corpora[0]!.train;
  const size = { parameters: parameters.size, documents, tokens };
  const start = { type: "start", firstStep, totalSteps, ...size, ...compute } as const;
  log.write(startLine(start, parts));
  emit(start);
  const times = new SnapshotTimes(settings, ranks?.group);
  return { ...parts, ...context, totalSteps, progress, phase: 0, snapshots, times, log, meter };
}

/** Puts back what the newest snapshot has; null where there is none. @throws ERR_OPTION where it is of another computation */
async function resume(
  snapshots: RunSnapshots<PretrainState>,
  { settings, phases, computation, pretrainer }: RunParts,
  notify: (message: string) => void,
): Promise<RunProgress | null> {
  const { changeSchedule } = settings;
  const resumed = await resumeNewest(snapshots, {
    compute: pretrainer.compute,
    changesSince: ({ step, settings: stored }) =>
      checkSameComputation(stored, computation, { step, changeSchedule }),
    onChanges({ step, settings: stored }) {
      const before = rateAt(step - 1, stored.phases as unknown as Phase[]);
      noticeRates(step, { before, next: rateAt(step, phases) }, notify);
    },
    notify,
  });
  if (resumed === null) notify(NOTHING_TO_RESUME);
  return resumed && { ...resumed, settings: computation };
}

/** What the log says of this process, beside what is told of the start. */
function startLine(
  start: PretrainStart,
  { settings, budget, phases, computation, pretrainer }: RunParts,
): StartLine {
  const { resume: _, overwrite: _o, ...options } = settings;
  const train = phases.map(({ data }, index) => {
    const { sha256 } = computation.phases[index]!.data as ReturnType<typeof contentOf>;
    return { path: data, sha256 };
  });
  const circumstances = circumstancesOf(pretrainer.compute, new Date());
  const choice = budget && { budget };
  return { ...start, step: start.firstStep, options, ...choice, data: { train }, ...circumstances };
}
