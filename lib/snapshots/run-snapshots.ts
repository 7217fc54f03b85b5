import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { sumOf } from "../arrays.js";
import type { DataParallel } from "../distributed/data-parallel.js";
import type { OutputDirectory } from "../files/output-directory.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import type { Optimizer } from "../optim/optimizer.js";
import { keep, scope } from "../tensor/scope.js";
import type { WeightSnapshot } from "../train/weight-snapshot.js";
import { newestSnapshot, removeOlderSnapshots, removeSnapshots, writeSnapshot } from "./snapshot-folder.js";
import { type ProgressOf, type RunState, readState, type StateSchema, writeState } from "./snapshot-state.js";
import { type GroupBuffers, restoreTensors, writeTensors } from "./snapshot-tensors.js";

/** What a snapshot is of. */
export interface RunTensors {
  parameters: FlatParameters;
  optimizer: Optimizer;
  /** Copies of the weights that the run may go back to, by name. */
  copies: Readonly<Record<string, WeightSnapshot>>;
  /** The run's other processes, if there are any: each has a part of the optimizer's buffers. */
  ranks: DataParallel | undefined;
}

export interface RunSnapshotsOptions<State extends RunState> {
  schema: StateSchema<State>;
  /** How many snapshots to keep. */
  keep: number;
  /** Null where another process of the run writes the files: all read them. */
  output: OutputDirectory | null;
}

/** Where snapshots are, and how much room they take. */
export interface SnapshotsOnDisk {
  /** The folder that has them all, in the run's `outputDir`. */
  directory: string;
  /** The sum of their files' sizes. */
  bytes: number;
}

/** A run's snapshots. They do not depend on how many processes the run has. */
export class RunSnapshots<State extends RunState> {
  #newestStep: number | undefined;

  constructor(
    readonly folder: string,
    readonly tensors: RunTensors,
    readonly options: RunSnapshotsOptions<State>,
  ) {}

  /** Updates of the newest one that this run has read or written. */
  get newestStep(): number | undefined {
    return this.#newestStep;
  }

  /** Null where there is none. */
  onDisk(): SnapshotsOnDisk | null {
    if (!existsSync(this.folder)) return null;
    const files = readdirSync(this.folder, { recursive: true, withFileTypes: true });
    const sizes = files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
    return { directory: this.folder, bytes: sumOf(sizes) };
  }

  /** Removes those of an older run, which a later resume must not meet. */
  clear(): void {
    if (this.options.output) removeSnapshots(this.folder);
  }

  /**
   * The newest intact one: its state, and what puts its tensors back.
   *
   * @param notify is told of those that are damaged
   */
  async newest(notify: (message: string) => void): Promise<{ state: State; restore: () => void } | null> {
    const snapshot = await newestSnapshot(this.folder, (damaged, why) =>
      notify(`passing over the snapshot ${damaged}, which is damaged: ${why}`),
    );
    if (snapshot === null) return null;
    const state = readState(snapshot, this.options.schema);
    const restore = () => {
      this.#restore(snapshot, state);
      this.tensors.optimizer.steps = state.optimizerSteps;
      this.#newestStep = state.step;
      this.#removeOlder(); // which the run may not have come to
    };
    return { state, restore };
  }

  #restore(snapshot: string, state: State): void {
    const { parameters, optimizer, copies, ranks } = this.tensors;
    const { buffers } = optimizer;
    for (const [name, copy] of Object.entries(copies)) {
      const step = state.copies[name] ?? null;
      if (step !== null) copy.take(step); // makes room
    }
    scope(() => {
      const whole = ranks ? wholeBuffers(buffers, ranks) : buffers;
      restoreTensors(snapshot, parameters, { ...whole, ...buffersOf(copies) });
      for (const [name, slices] of Object.entries(buffers)) ranks?.takeSlices(whole[name]!, slices);
    });
  }

  /** Every rank has to call it: each has a part of the optimizer's buffers. */
  async write(progress: ProgressOf<State>): Promise<void> {
    const { optimizer, ranks } = this.tensors;
    if (ranks) await this.#writeTogether(progress, ranks);
    else await this.#write(progress, optimizer.buffers);
    this.#newestStep = progress.step;
    this.#removeOlder();
  }

  #removeOlder(): void {
    const { keep, output } = this.options;
    if (output) removeOlderSnapshots(this.folder, this.#newestStep!, keep);
  }

  async #writeTogether(progress: ProgressOf<State>, ranks: DataParallel): Promise<void> {
    const whole = scope(() => kept(wholeBuffers(this.tensors.optimizer.buffers, ranks)));
    try {
      if (this.options.output) await this.#write(progress, whole);
    } finally {
      for (const buffer of Object.values(whole).flat()) buffer.dispose();
    }
  }

  async #write(progress: ProgressOf<State>, buffers: GroupBuffers): Promise<void> {
    const { parameters, optimizer, copies, ranks } = this.tensors;
    this.options.output?.check();
    const steps = Object.entries(copies).map(([name, { step }]) => [name, step]);
    const state = { ...progress, optimizerSteps: optimizer.steps, copies: Object.fromEntries(steps) };
    const write = (folder: string) => {
      writeTensors(folder, parameters, { ...buffers, ...buffersOf(copies) });
      writeState(folder, state);
      ranks?.group.check(); // before the snapshot is there for others
    };
    await writeSnapshot(this.folder, progress.step, write);
  }
}

/** Of the copies that were made. */
function buffersOf(copies: RunTensors["copies"]): GroupBuffers {
  const made = Object.entries(copies).filter(([, { step }]) => step !== null);
  return Object.fromEntries(made.map(([name, { buffers }]) => [name, buffers]));
}

/** What the ranks' optimizers keep, together. Tensors of the enclosing scope. */
function wholeBuffers(buffers: GroupBuffers, ranks: DataParallel): GroupBuffers {
  return Object.fromEntries(
    Object.entries(buffers).map(([name, slices]) => [name, ranks.wholeBuffers(slices)]),
  );
}

/** The same, for longer than the scope: the caller disposes them. */
function kept(buffers: GroupBuffers): GroupBuffers {
  for (const buffer of Object.values(buffers).flat()) keep(buffer);
  return buffers;
}
