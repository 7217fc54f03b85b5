import { setTimeout as sleep } from "node:timers/promises";
import { LibbertError } from "../errors.js";
import { native } from "../tensor/native.js";
import type { HeartbeatHandle, StoreHandle } from "../tensor/native-ops.js";
import type { Membership } from "./membership.js";
import { endpointOf, isSilence, openStore, type RendezvousOptions } from "./open-store.js";

const POLL_MS = 50;

/** Longer than the time between two heartbeats, and what a busy machine may add. */
const SILENCE_MS = 1500;

/** How long the store may take to answer a rank that is about to end anyway. */
const LAST_WORDS_SECONDS = 3;

const FAILURE = "failure";
const heartbeatKey = (rank: number) => `alive/${rank}`;

/** What has to be the same on all ranks, by its name; plain data. */
export type Facts = Readonly<Record<string, unknown>>;

/**
 * The store that all ranks of a run are connected to: where they compare what they are about to do, and where one that
 * fails tells the others why. It outlives the connections between them.
 */
export class Rendezvous {
  #heartbeat: HeartbeatHandle | undefined;

  private constructor(
    readonly store: StoreHandle,
    readonly membership: Membership,
    /** This machine's address on the network that the store is on. */
    readonly address: string,
    readonly options: RendezvousOptions,
  ) {}

  /**
   * @throws ERR_DISTRIBUTED when rank 0's port is taken, when nothing answers there in time, or no store does, and when another
   *   process has this one's rank
   */
  static async open(membership: Membership, options: RendezvousOptions): Promise<Rendezvous> {
    const { store, address } = await openStore(membership, options);
    const rendezvous = new Rendezvous(store, membership, address, options);
    try {
      await rendezvous.#takeRank();
      return rendezvous;
    } catch (error) {
      rendezvous.close();
      throw error;
    }
  }

  /** Of two processes with one rank, the second ends. One that takes the place of a process that has ended goes on. */
  async #takeRank(): Promise<void> {
    const { rank } = this.membership;
    const takers = this.#ask(() => native.storeAdd(this.store, `taken/${rank}`, 1));
    const before = this.#heartbeatOf(rank);
    if (takers > 1) {
      await sleep(SILENCE_MS);
      if (this.#heartbeatOf(rank) !== before)
        this.#refuse(`Expected one process with RANK ${rank} but received two`);
    }
    this.#heartbeat = this.#ask(() => native.startHeartbeat(this.store, heartbeatKey(rank)));
  }

  /**
   * Waits until all ranks are here with the same facts.
   *
   * @param occasion tells this meeting from others
   * @param facts such as the run's settings; plain data
   * @throws ERR_DISTRIBUTED naming the first fact that differs, or the ranks that did not come
   */
  async assemble(occasion: string, facts: Facts): Promise<void> {
    const arrivalOf = (rank: number) => `${occasion}/arrived/${rank}`;
    this.#compare(await this.#factsOfRank0(`${occasion}/facts`, facts), facts);
    this.#ask(() => native.storeSet(this.store, arrivalOf(this.membership.rank), ""));
    const awaited = new Set(Array.from({ length: this.membership.size }, (_, rank) => rank));
    await this.#until(
      () => {
        for (const rank of awaited) if (this.#has(arrivalOf(rank))) awaited.delete(rank);
        return awaited.size === 0;
      },
      () => `did not come: ${listed([...awaited])}`,
    );
  }

  async #factsOfRank0(key: string, own: Facts): Promise<Facts> {
    if (this.membership.rank === 0) this.#ask(() => native.storeSet(this.store, key, JSON.stringify(own)));
    await this.#until(
      () => this.#has(key),
      () => "did not come: rank 0",
    );
    return JSON.parse(this.#get(key));
  }

  #compare(expectedFacts: Facts, own: Facts): void {
    const { rank } = this.membership;
    for (const name of new Set([...Object.keys(expectedFacts), ...Object.keys(own)])) {
      const [theirs, ours] = [JSON.stringify(expectedFacts[name]), JSON.stringify(own[name])];
      if (theirs === ours) continue;
      const received = `${theirs} on rank 0 and ${ours} on rank ${rank}`;
      this.#refuse(`Expected the same ${name} on all ranks but received ${received}`);
    }
  }

  async #until(isDone: () => boolean, missing: () => string): Promise<void> {
    const { timeoutSeconds, signal } = this.options;
    const end = performance.now() + timeoutSeconds * 1000;
    while (!isDone()) {
      signal?.throwIfAborted();
      this.throwFailure();
      if (performance.now() > end) {
        const where = `${this.membership.size} ranks at ${endpointOf(this.membership)}`;
        this.#refuse(`Expected ${where} within ${timeoutSeconds} seconds; ${missing()}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Ends all ranks with the message. */
  #refuse(message: string): never {
    this.fail(message);
    throw new LibbertError("ERR_DISTRIBUTED", message);
  }

  /** Tells the other ranks why this one ends. The first that does is what all report. */
  fail(message: string): void {
    try {
      native.limitStore(this.store, LAST_WORDS_SECONDS);
      if (!native.storeHas(this.store, FAILURE)) native.storeSet(this.store, FAILURE, message);
    } catch {
      // The store went with the process that serves it, or that stands still: they see that.
    }
  }

  /** @throws ERR_DISTRIBUTED where a rank told why it ended */
  throwFailure(): void {
    if (this.#has(FAILURE)) throw new LibbertError("ERR_DISTRIBUTED", this.#get(FAILURE));
  }

  /**
   * What is behind a call between the ranks that failed: what a rank told, else which of them no longer live. Blocks the
   * thread for up to two seconds.
   */
  explain(error: Error): LibbertError {
    try {
      native.limitStore(this.store, LAST_WORDS_SECONDS);
      this.throwFailure();
      const before = this.#heartbeats();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SILENCE_MS);
      this.throwFailure(); // another rank was quicker
      const after = this.#heartbeats();
      const silent = [...after.keys()].filter((rank) => after[rank] === before[rank]);
      const message = this.#diagnosis(silent, error);
      this.fail(message);
      return new LibbertError("ERR_DISTRIBUTED", message, { cause: error });
    } catch (failure) {
      const isTold = failure instanceof LibbertError && failure.code === "ERR_DISTRIBUTED";
      return isTold ? failure : this.#lostStore(failure as Error);
    }
  }

  #diagnosis(silent: readonly number[], { message }: Error): string {
    const { size } = this.membership;
    if (silent.length > 0)
      return `Lost ${listed(silent)} of ${size}: the process ended, or its machine cannot be reached`;
    return `The ${size} ranks are alive, but one did not answer within ${this.options.timeoutSeconds} seconds: ${message}`;
  }

  #heartbeats(): string[] {
    return Array.from({ length: this.membership.size }, (_, rank) => this.#heartbeatOf(rank));
  }

  #heartbeatOf(rank: number): string {
    return this.#has(heartbeatKey(rank)) ? this.#get(heartbeatKey(rank)) : "";
  }

  #has(key: string): boolean {
    return this.#ask(() => native.storeHas(this.store, key));
  }

  #get(key: string): string {
    return this.#ask(() => native.storeGet(this.store, key));
  }

  /** @throws ERR_DISTRIBUTED where the store does not answer */
  #ask<Answer>(call: () => Answer): Answer {
    try {
      return call();
    } catch (error) {
      throw this.#lostStore(error as Error);
    }
  }

  #lostStore(cause: Error): LibbertError {
    const server = this.membership.isServedByRank0 ? "Rank 0" : "The launcher";
    const how = isSilence(cause)
      ? "does not answer: it stands still, or its machine cannot be reached"
      : "was lost";
    return new LibbertError("ERR_DISTRIBUTED", `${server}, which the ranks meet at, ${how}`, { cause });
  }

  close(): void {
    if (this.#heartbeat) native.stopHeartbeat(this.#heartbeat);
    native.closeStore(this.store);
  }
}

function listed(ranks: readonly number[]): string {
  return `${ranks.length === 1 ? "rank" : "ranks"} ${ranks.join(", ")}`;
}
