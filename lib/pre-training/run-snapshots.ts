import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { newestSnapshot, removeOlderSnapshots, writeSnapshot } from "../checkpoint/run-snapshot.js";
import type { DataParallel } from "../distributed/data-parallel.js";
import type { OutputDirectory } from "../files/output-directory.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import type { Optimizer } from "../optim/optimizer.js";
import { keep, scope } from "../tensor/scope.js";
import type { SnapshotsOnDisk } from "./events.js";
import { SNAPSHOTS } from "./run-files.js";
import {
  type GroupBuffers,
  type RunProgress,
  type RunState,
  readRunState,
  restoreTensors,
  writeRunState,
} from "./run-state.js";

/** What a snapshot is of. */
export interface RunTensors {
  parameters: FlatParameters;
  optimizer: Optimizer;
  /** The run's other processes, if there are any: each has a part of the optimizer's buffers. */
  ranks: DataParallel | undefined;
}

export interface RunSnapshotsOptions {
  /** How many snapshots to keep. */
  keep: number;
  /** Null where another process of the run writes the files: all read them. */
  output: OutputDirectory | null;
}

/** A run's snapshots. They do not depend on how many processes the run has. */
export class RunSnapshots {
  readonly #folder: string;
  #newestStep: number | undefined;

  constructor(
    outputDir: string,
    readonly tensors: RunTensors,
    readonly options: RunSnapshotsOptions,
  ) {
    this.#folder = join(outputDir, SNAPSHOTS);
  }

  /** Updates of the newest one that this run has read or written. */
  get newestStep(): number | undefined {
    return this.#newestStep;
  }

  /** Where they are, and how much room they take; null where there is none. */
  onDisk(): SnapshotsOnDisk | null {
    if (!existsSync(this.#folder)) return null;
    const files = readdirSync(this.#folder, { recursive: true, withFileTypes: true });
    const sizes = files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
    return { directory: this.#folder, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** Removes those of an older run, which a later resume must not meet. */
  clear(): void {
    if (this.options.output) rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * The newest intact one: its state, and what puts its tensors back.
   *
   * @param notify is told of those that are damaged
   */
  async newest(notify: (message: string) => void): Promise<{ state: RunState; restore: () => void } | null> {
    const snapshot = await newestSnapshot(this.#folder, (damaged, why) =>
      notify(`passing over the snapshot ${damaged}, which is damaged: ${why}`),
    );
    if (snapshot === null) return null;
    const state = readRunState(snapshot);
    const restore = () => {
      this.#restore(snapshot);
      this.tensors.optimizer.steps = state.optimizerSteps;
      this.#newestStep = state.step;
      this.#removeOlder(); // which the run may not have come to
    };
    return { state, restore };
  }

  #restore(snapshot: string): void {
    const { parameters, optimizer, ranks } = this.tensors;
    const { buffers } = optimizer;
    scope(() => {
      const whole = ranks ? wholeBuffers(buffers, ranks) : buffers;
      restoreTensors(snapshot, parameters, whole);
      for (const [name, slices] of Object.entries(buffers)) ranks?.takeSlices(whole[name]!, slices);
    });
  }

  /** Every rank has to call it: each has a part of the optimizer's buffers. */
  async write(state: RunProgress): Promise<void> {
    const { optimizer, ranks } = this.tensors;
    if (ranks) await this.#writeTogether(state, ranks);
    else await this.#write(state, optimizer.buffers);
    this.#newestStep = state.step;
    this.#removeOlder();
  }

  #removeOlder(): void {
    const { keep, output } = this.options;
    if (output) removeOlderSnapshots(this.#folder, this.#newestStep!, keep);
  }

  async #writeTogether(state: RunProgress, ranks: DataParallel): Promise<void> {
    const whole = scope(() => kept(wholeBuffers(this.tensors.optimizer.buffers, ranks)));
    try {
      if (this.options.output) await this.#write(state, whole);
    } finally {
      for (const buffer of Object.values(whole).flat()) buffer.dispose();
    }
  }

  async #write(state: RunProgress, buffers: GroupBuffers): Promise<void> {
    const { parameters, optimizer, ranks } = this.tensors;
    this.options.output?.check();
    const write = (folder: string) => {
      writeRunState(folder, parameters, buffers, { ...state, optimizerSteps: optimizer.steps });
      ranks?.group.check(); // before the snapshot is there for others
    };
    await writeSnapshot(this.#folder, state.step, write);
  }
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
