import { rmSync } from "node:fs";
import { join } from "node:path";
import { newestSnapshot, writeSnapshot } from "../../checkpoint/run-snapshot.js";
import type { DataParallel } from "../../distributed/data-parallel.js";
import type { FlatParameters } from "../../optim/flat-parameters.js";
import type { Optimizer } from "../../optim/optimizer.js";
import { keep, scope } from "../../tensor/scope.js";
import {
  type GroupBuffers,
  type RunState,
  readRunState,
  restoreTensors,
  writeRunState,
} from "./run-state.js";

/** The folder of a run's output directory that it can go on from. */
export const SNAPSHOTS = "snapshots";

/** What a snapshot is of. */
export interface RunTensors {
  parameters: FlatParameters;
  optimizer: Optimizer;
  /** The run's other processes: rank 0 writes for all, every rank reads. */
  ranks: DataParallel | undefined;
}

/** A run's snapshots. They do not depend on how many processes the run has. */
export class RunSnapshots {
  readonly #folder: string;
  #newestStep: number | undefined;

  constructor(
    outputDir: string,
    readonly tensors: RunTensors,
    readonly keepSnapshots: number,
  ) {
    this.#folder = join(outputDir, SNAPSHOTS);
  }

  /** Updates of the newest one that this run has read or written. */
  get newestStep(): number | undefined {
    return this.#newestStep;
  }

  get #isLeader(): boolean {
    return (this.tensors.ranks?.group.rank ?? 0) === 0;
  }

  /** Removes those of an older run, which a later resume must not meet. */
  clear(): void {
    if (this.#isLeader) rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * The newest intact one: its state, and what puts its tensors in place.
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
    };
    return { state, restore };
  }

  #restore(snapshot: string): void {
    const { parameters, optimizer, ranks } = this.tensors;
    const { buffers } = optimizer;
    scope(() => {
      const whole = ranks ? wholeBuffers(buffers, ranks) : buffers;
      restoreTensors(snapshot, parameters, whole);
      for (const [name, pieces] of Object.entries(buffers)) ranks?.takePieces(whole[name]!, pieces);
    });
  }

  /** Every rank has to call it: each has a part of the optimizer's buffers. */
  async write(state: Omit<RunState, "optimizerSteps">): Promise<void> {
    const { optimizer, ranks } = this.tensors;
    if (ranks) await this.#writeTogether(state, ranks);
    else await this.#write(state, optimizer.buffers);
    this.#newestStep = state.step;
  }

  async #writeTogether(state: Omit<RunState, "optimizerSteps">, ranks: DataParallel): Promise<void> {
    const whole = scope(() => kept(wholeBuffers(this.tensors.optimizer.buffers, ranks)));
    try {
      if (this.#isLeader) await this.#write(state, whole);
    } finally {
      for (const buffer of Object.values(whole).flat()) buffer.dispose();
    }
  }

  async #write(state: Omit<RunState, "optimizerSteps">, buffers: GroupBuffers): Promise<void> {
    const { parameters, optimizer } = this.tensors;
    const write = (folder: string) =>
      writeRunState(folder, parameters, buffers, { ...state, optimizerSteps: optimizer.steps });
    await writeSnapshot(this.#folder, state.step, this.keepSnapshots, write);
  }
}

/** What the ranks' optimizers keep, together. Tensors of the enclosing scope. */
function wholeBuffers(buffers: GroupBuffers, ranks: DataParallel): GroupBuffers {
  return Object.fromEntries(
    Object.entries(buffers).map(([name, pieces]) => [name, ranks.wholeBuffers(pieces)]),
  );
}

/** The same, for longer than the scope: the caller disposes them. */
function kept(buffers: GroupBuffers): GroupBuffers {
  for (const buffer of Object.values(buffers).flat()) keep(buffer);
  return buffers;
}
