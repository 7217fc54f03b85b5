import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { expected, LibbertError } from "../errors.js";
import { native } from "../tensor/native.js";
import type { HeartbeatHandle, StoreHandle } from "../tensor/native-ops.js";
import type { Membership } from "./membership.js";

const POLL_MS = 50;

/** Longer than the time between two heartbeats, and what a busy machine may add. */
const SILENCE_MS = 1500;

const FAILURE = "failure";
const heartbeatOf = (rank: number) => `alive/${rank}`;

/** What has to be the same on all ranks, by its name; plain data. */
export type Facts = Readonly<Record<string, unknown>>;

/** How long to wait for the other ranks, and what may end it before. */
export interface RendezvousOptions {
  timeoutSeconds: number;
  signal?: AbortSignal;
}

/**
 * The store that all ranks of a run are connected to: where they compare what they are about to do, and where one that
 * fails tells the others why. It outlives the connections between them.
 */
export class Rendezvous {
  readonly #heartbeat: HeartbeatHandle;

  private constructor(
    readonly store: StoreHandle,
    readonly membership: Membership,
    /** This machine's address on the network that the store is on. */
    readonly address: string,
    readonly options: RendezvousOptions,
  ) {
    this.#heartbeat = native.startHeartbeat(store, heartbeatOf(membership.rank));
  }

  /** @throws ERR_DISTRIBUTED when rank 0's port is taken, or nothing answers there in time */
  static async open(membership: Membership, options: RendezvousOptions): Promise<Rendezvous> {
    const { rank, host, port, isServedByRank0 } = membership;
    const { timeoutSeconds } = options;
    const serves = isServedByRank0 && rank === 0;
    const given = addressOf(process.env.GLOO_SOCKET_IFNAME);
    const own = serves ? undefined : await addressTowards(host, port, options);
    const store = openStore(membership, serves, timeoutSeconds);
    try {
      const address = given ?? own ?? (await addressTowards(host, port, options));
      return new Rendezvous(store, membership, address, options);
    } catch (error) {
      native.closeStore(store);
      throw error;
    }
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
    native.storeSet(this.store, arrivalOf(this.membership.rank), "");
    const awaited = new Set(Array.from({ length: this.membership.size }, (_, rank) => rank));
    await this.#until(
      () => {
        for (const rank of awaited) if (native.storeHas(this.store, arrivalOf(rank))) awaited.delete(rank);
        return awaited.size === 0;
      },
      () => `did not come: ${listed([...awaited])}`,
    );
  }

  async #factsOfRank0(key: string, own: Facts): Promise<Facts> {
    if (this.membership.rank === 0) native.storeSet(this.store, key, JSON.stringify(own));
    await this.#until(
      () => native.storeHas(this.store, key),
      () => "did not come: rank 0",
    );
    return JSON.parse(native.storeGet(this.store, key));
  }

  #compare(expectedFacts: Facts, own: Facts): void {
    const { rank } = this.membership;
    for (const name of new Set([...Object.keys(expectedFacts), ...Object.keys(own)])) {
      const [theirs, ours] = [JSON.stringify(expectedFacts[name]), JSON.stringify(own[name])];
      if (theirs === ours) continue;
      const failure = new LibbertError(
        "ERR_DISTRIBUTED",
        `Expected the same ${name} on all ranks but received ${theirs} on rank 0 and ${ours} on rank ${rank}`,
      );
      this.fail(failure.message);
      throw failure;
    }
  }

  async #until(isDone: () => boolean, missing: () => string): Promise<void> {
    const { timeoutSeconds, signal } = this.options;
    const end = performance.now() + timeoutSeconds * 1000;
    while (!isDone()) {
      signal?.throwIfAborted();
      this.throwFailure();
      if (performance.now() > end) {
        const { size, host, port } = this.membership;
        const message = `Expected ${size} ranks at ${host}:${port} within ${timeoutSeconds} seconds; ${missing()}`;
        this.fail(message);
        throw new LibbertError("ERR_DISTRIBUTED", message);
      }
      await sleep(POLL_MS);
    }
  }

  /** Tells the other ranks why this one ends. The first that does is what all report. */
  fail(message: string): void {
    try {
      if (!native.storeHas(this.store, FAILURE)) native.storeSet(this.store, FAILURE, message);
    } catch {
      // The store went with the rank that serves it: they see that.
    }
  }

  /** @throws ERR_DISTRIBUTED where a rank told why it ended */
  throwFailure(): void {
    if (native.storeHas(this.store, FAILURE))
      throw new LibbertError("ERR_DISTRIBUTED", native.storeGet(this.store, FAILURE));
  }

  /**
   * What is behind a call between the ranks that failed: what a rank told, else which of them no longer live. Blocks the
   * thread for up to two seconds.
   */
  explain(error: Error): LibbertError {
    try {
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
      if (failure instanceof LibbertError) return failure;
      const server = this.membership.isServedByRank0 ? "Rank 0" : "The launcher";
      const message = `${server}, which the ranks meet at, was lost`;
      return new LibbertError("ERR_DISTRIBUTED", message, { cause: error });
    }
  }

  #diagnosis(silent: readonly number[], { message }: Error): string {
    const { size } = this.membership;
    if (silent.length > 0)
      return `Lost ${listed(silent)} of ${size}: the process ended, or its machine cannot be reached`;
    return `The ${size} ranks are alive, but one did not answer within ${this.options.timeoutSeconds} seconds: ${message}`;
  }

  #heartbeats(): string[] {
    return Array.from({ length: this.membership.size }, (_, rank) =>
      native.storeHas(this.store, heartbeatOf(rank)) ? native.storeGet(this.store, heartbeatOf(rank)) : "",
    );
  }

  close(): void {
    native.stopHeartbeat(this.#heartbeat);
    native.closeStore(this.store);
  }
}

function openStore(membership: Membership, serves: boolean, timeoutSeconds: number): StoreHandle {
  const { host, port, attempt } = membership;
  const keys = `libbert/${attempt}/${native.nextGroupNumber()}`;
  try {
    return native.openStore(host, port, serves, keys, timeoutSeconds);
  } catch (error) {
    throw storeFailure(error as Error, membership, serves);
  }
}

function listed(ranks: readonly number[]): string {
  return `${ranks.length === 1 ? "rank" : "ranks"} ${ranks.join(", ")}`;
}

/** The address of this machine that packets to a host leave from; waits until something listens there. */
async function addressTowards(host: string, port: number, options: RendezvousOptions): Promise<string> {
  const end = performance.now() + options.timeoutSeconds * 1000;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await localAddress(host, port);
    } catch (error) {
      if (performance.now() > end) {
        const { code } = error as NodeJS.ErrnoException;
        throw new LibbertError(
          "ERR_DISTRIBUTED",
          `Expected rank 0 at MASTER_ADDR and MASTER_PORT, ${host}:${port}, within ${options.timeoutSeconds} seconds but received ${code}`,
        );
      }
      await sleep(POLL_MS);
    }
  }
}

function localAddress(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host, port });
    socket.setTimeout(1000, () =>
      socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
    );
    socket.once("connect", () => {
      resolve(socket.localAddress!);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

/** The address of a network interface by its name, as PyTorch's GLOO_SOCKET_IFNAME gives it. */
function addressOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const address = networkInterfaces()[name]?.[0]?.address;
  if (address !== undefined) return address;
  const known = Object.keys(networkInterfaces()).join(", ");
  throw expected(`a network interface of this machine (${known})`, "GLOO_SOCKET_IFNAME", name);
}

function storeFailure(error: Error, { host, port }: Membership, serves: boolean): Error {
  if (error instanceof LibbertError) return error;
  if (serves && /EADDRINUSE|Address already in use/i.test(error.message))
    return new LibbertError(
      "ERR_DISTRIBUTED",
      `Expected a free port for MASTER_PORT but received ${port}, which another program listens on`,
      { cause: error },
    );
  return new LibbertError(
    "ERR_DISTRIBUTED",
    `Expected the store of the ranks at MASTER_ADDR and MASTER_PORT, ${host}:${port}, but received: ${error.message}`,
    { cause: error },
  );
}
