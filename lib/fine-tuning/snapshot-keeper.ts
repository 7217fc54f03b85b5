import { learningRateAt } from "../optim/schedule.js";
import { computedOn } from "../snapshots/computed-on.js";
import { diskProblemOf } from "../snapshots/disk-problem.js";
import { NOTHING_TO_RESUME, noticeRates, resumeNewest } from "../snapshots/resume-newest.js";
import { wayOnAfterDivergence } from "../snapshots/run-errors.js";
import { RunSnapshots, type RunTensors } from "../snapshots/run-snapshots.js";
import type { DecidingSettings } from "../snapshots/settings-changes.js";
import { SnapshotTimes } from "../snapshots/snapshot-times.js";
import { checkSameSettings, decidingSettings } from "./deciding-settings.js";
import type { PreparedRun } from "./prepare-run.js";
import { type FineTuneContext, type RunStore, worldOf } from "./run-context.js";
import { seedFolder } from "./run-files.js";
import { type FineTuneState, fineTuneState } from "./run-state.js";
import { storeSettings } from "./stored-settings.js";
import type { TrainingLog } from "./training-log.js";

/** A run that is stopped before so many minutes is begun anew as easily as resumed. */
const WORTH_KEEPING_MINUTES = 1;

/** Keeps what a training needs to go on. Every rank has one, and calls it at the same steps. */
export class SnapshotKeeper {
  readonly #snapshots: RunSnapshots<FineTuneState>;
  readonly #times: SnapshotTimes;
  readonly #settings: DecidingSettings;
  #newestStep: number | undefined; // that this training has read or written

  constructor(
    store: RunStore,
    readonly run: PreparedRun,
    tensors: RunTensors,
    readonly log: TrainingLog,
    readonly seed: number,
    readonly context: FineTuneContext,
  ) {
    const { settings } = run;
    const { output } = store;
    const folder = settings.seeds ? seedFolder(store.folder, seed) : store.folder;
    const options = { schema: fineTuneState, keep: settings.keepSnapshots, output };
    this.#snapshots = new RunSnapshots(folder, tensors, options);
    this.#times = new SnapshotTimes(settings, context.group);
    this.#settings = decidingSettings(run, worldOf(context).size);
  }

  /** What to do after a divergence; undefined where a new run is all that is left. */
  get wayOnAfterDivergence(): string | undefined {
    if (!this.#isResumable) return undefined;
    return wayOnAfterDivergence({ step: this.log.step, snapshotStep: this.#newestStep });
  }

  /** The same where `patience` ended the training. */
  get wayOnAfterEarlyStop(): string | undefined {
    const { step, stoppedEarly } = this.log;
    if (!this.#isResumable || !stoppedEarly || this.#newestStep !== step) return undefined;
    return "resume: true with a higher patience goes on with it";
  }

  /** Whether the caller can ask for other settings: several seeds, or trials, have the same. */
  get #isResumable(): boolean {
    const { seeds, outputDir } = this.run.settings;
    return seeds === undefined && outputDir !== undefined;
  }

  /** Whether one is due after so many updates, whatever the clock says. */
  isPlanned(step: number): boolean {
    return this.#times.isPlanned(step);
  }

  /** Goes on where the newest snapshot was taken, if the run is to be resumed and there is one. */
  async resume(): Promise<void> {
    const { run, log, context } = this;
    const { settings, compute } = run;
    if (!settings.resume) return;
    const notify = (message: string) => this.#notify(message);
    const resumed = await resumeNewest(this.#snapshots, {
      compute,
      changesSince: (state) => checkSameSettings(state, this.#settings, log.plan.totalSteps, settings),
      onChanges: ({ step, course }) => {
        const before = course.steps.at(-1)?.learningRate;
        noticeRates(step, { before, next: learningRateAt(step, log.plan.schedule) }, notify);
      },
      notify,
    });
    const isOfMany = settings.seeds !== undefined || context.snapshotsIn !== undefined;
    if (!resumed && !isOfMany) notify(NOTHING_TO_RESUME);
    if (resumed) log.goOnFrom(resumed.course);
    this.#newestStep = this.#snapshots.newestStep;
    await context.group?.compare(`first step of seed ${this.seed}`, { "step to go on from": log.step });
    if (resumed) this.#storeSettings();
  }

  /** Not after the last update, as the model comes next. */
  async takeIfDue(): Promise<void> {
    const { step, plan } = this.log;
    if (step < plan.totalSteps && this.#times.isDue(step)) await this.take();
  }

  /** What goes on later: the next seed, or, with more patience, this training. */
  async takeAtEnd(): Promise<void> {
    if (this.run.settings.seeds) await this.take();
    else if (this.log.stoppedEarly && this.#isResumable) await this.takeIfWorthIt();
  }

  /** Where the run was stopped: what was trained is kept, unless that is less than a minute. */
  async takeIfWorthIt(): Promise<void> {
    const isLong = this.#times.minutes >= WORTH_KEEPING_MINUTES;
    if (this.#newestStep !== undefined || this.#asLeader(isLong)) await this.take();
  }

  /** Where the disk has no room for it, the training goes on, and that is said. */
  async take(): Promise<void> {
    const { log, context } = this;
    const { step } = log;
    if (step === this.#newestStep) return;
    const problem = await log.throughput.exclude(() => diskProblemOf(() => this.#write()));
    if (this.#asLeader(problem === null)) this.#newestStep = step;
    this.#times.restart();
    if (problem === null) context.emit({ type: "snapshot", step });
    else this.#notify(`the snapshot of step ${step} could not be written: ${problem.message}`);
  }

  /** What the rank that writes the files says: all have to do the same. */
  #asLeader(own: boolean): boolean {
    const { group } = this.context;
    return group ? group.gather(Number(own))[0] === 1 : own;
  }

  async #write(): Promise<void> {
    const { log, run } = this;
    if (this.#newestStep === undefined) this.#storeSettings(); // first, as it says what the snapshots are of
    await this.#snapshots.write({
      step: log.step,
      course: log.course,
      computedOn: computedOn(run.compute),
      settings: this.#settings,
    });
  }

  #storeSettings(): void {
    const { settings, microBatchSize, budget } = this.run;
    if (this.#snapshots.options.output === null || settings.outputDir === undefined) return;
    storeSettings(settings, { microBatchSize, budget, processes: worldOf(this.context).size });
  }

  #notify(message: string): void {
    this.context.emit({ type: "notice", message });
  }
}
