import { tensor } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import type { GroupHandle } from "../tensor/native-ops.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Membership } from "./membership.js";
import type { RendezvousOptions } from "./open-store.js";
import { type Facts, Rendezvous } from "./rendezvous.js";

/**
 * The processes of a run, connected: c10d's collectives, through Gloo for tensors on CPUs and NCCL for those on GPUs.
 * Every rank has to make the same calls in the same order.
 *
 * ```ts
 * const membership = membershipOf(); // as torchrun or `libbert launch` set it
 * const group = await ProcessGroup.join(membership!, { timeoutSeconds: 60 }, { learningRate });
 * group.allReduce(gradient);         // the sum over the ranks, on each
 * group.leave();
 * ```
 */
export class ProcessGroup {
  /** Which of the processes this one is, from 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  #exchanges = 0;

  private constructor(
    /** The group's handle in the addon. */
    readonly handle: GroupHandle,
    /** The store that the ranks met at, through which a rank that fails tells the others why. */
    readonly rendezvous: Rendezvous,
  ) {
    ({ rank: this.rank, size: this.size } = rendezvous.membership);
  }

  /**
   * Meets the other ranks and connects to each.
   *
   * @param facts what has to be the same on all of them, beside the version of LibTorch
   * @throws ERR_DISTRIBUTED naming the ranks that do not come, or what differs
   */
  static async join(
    membership: Membership,
    options: RendezvousOptions,
    facts: Facts = {},
  ): Promise<ProcessGroup> {
    const rendezvous = await Rendezvous.open(membership, options);
    let group: ProcessGroup | undefined;
    try {
      await rendezvous.assemble("start", {
        WORLD_SIZE: membership.size,
        "version of LibTorch": native.torchVersion,
        ...facts,
      });
      group = ProcessGroup.#connect(rendezvous, options);
      // Nobody goes on before all are connected: Gloo tries for several timeouts to reach a rank that ended in between.
      group.barrier();
      return group;
    } catch (error) {
      if (group) group.leave();
      else rendezvous.close();
      throw error;
    }
  }

  static #connect(rendezvous: Rendezvous, { timeoutSeconds }: RendezvousOptions): ProcessGroup {
    const { rank, size } = rendezvous.membership;
    try {
      return new ProcessGroup(
        native.joinGroup(rendezvous.store, rank, size, rendezvous.address, timeoutSeconds),
        rendezvous,
      );
    } catch (error) {
      throw rendezvous.explain(error as Error);
    }
  }

  /** @throws ERR_DISTRIBUTED naming the first fact that is not the same on all ranks */
  compare(occasion: string, facts: Facts): Promise<void> {
    return this.rendezvous.assemble(occasion, facts);
  }

  /** Lets tensors on this thread's GPU go through NCCL. */
  useGpu(): void {
    native.addNccl(this.handle);
  }

  /**
   * To be called after something that came of sums between GPUs was read from one.
   *
   * @throws ERR_DISTRIBUTED where one of them failed, and what was read means nothing
   */
  check(): void {
    this.during(() => native.checkGroup(this.handle));
  }

  /** Makes `x` the sum of all ranks' `x`. Of any shape and dtype, contiguous. */
  allReduce(x: Tensor): void {
    this.during(() => native.waitFor(native.allReduce_(this.handle, x.handle)));
  }

  /** Makes `x` what it is on rank `root`. */
  broadcast(x: Tensor, root: number): void {
    this.during(() => native.waitFor(native.broadcast_(this.handle, x.handle, root)));
  }

  /** Makes `own` [n] this rank's part of the sum of all ranks' `all` [size · n]. */
  reduceScatter(own: Tensor, all: Tensor): void {
    this.during(() => native.waitFor(native.reduceScatter_(this.handle, own.handle, all.handle)));
  }

  /** Makes `all` [size · n] what the ranks have in `own` [n], one after the other. */
  allGather(all: Tensor, own: Tensor): void {
    this.during(() => native.waitFor(native.allGather_(this.handle, all.handle, own.handle)));
  }

  /** Each number summed over the ranks. */
  sum(values: readonly number[]): number[] {
    using sums = tensor(Float64Array.from(values));
    this.allReduce(sums);
    return [...sums.toArray()];
  }

  /** The number that each rank has. */
  gather(value: number): number[] {
    return this.sum(Array.from({ length: this.size }, (_, rank) => (rank === this.rank ? value : 0)));
  }

  /** The text that each rank has. @param name says in the store what it is */
  exchange(name: string, text: string): string[] {
    const keyOf = (rank: number) => `exchange/${this.#exchanges}/${name}/${rank}`;
    this.#exchanges++;
    this.during(() => native.storeSet(this.rendezvous.store, keyOf(this.rank), text));
    return Array.from({ length: this.size }, (_, rank) =>
      this.during(() => native.storeGet(this.rendezvous.store, keyOf(rank))),
    );
  }

  /** Waits until all ranks are here. */
  barrier(): void {
    this.sum([0]);
  }

  /**
   * Runs what the addon does between the ranks.
   *
   * @throws ERR_DISTRIBUTED naming the lost rank, or saying why one ended
   */
  during<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      if ((error as { code?: unknown }).code === "ERR_OUT_OF_MEMORY") throw error; // this rank's own problem
      throw this.rendezvous.explain(error as Error);
    }
  }

  /** Tells the other ranks that this one ends, and why. */
  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.rendezvous.fail(`Rank ${this.rank} of ${this.size} ended: ${message}`);
  }

  /** Leaves the group, and closes the connection to the store. */
  leave(): void {
    native.leaveGroup(this.handle);
    this.rendezvous.close();
  }
}
