import { lookup } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, LibbertError } from "../errors.js";
import { native } from "../tensor/native.js";
import type { StoreHandle } from "../tensor/native-ops.js";
import type { Membership } from "./membership.js";
import { addressOf, addressTowards } from "./own-address.js";

/** How long to wait for the other ranks, and what may end it before. */
export interface RendezvousOptions {
  /** After so many seconds without them, joining rejects with ERR_DISTRIBUTED. */
  timeoutSeconds: number;
  /** Stops the waiting, which rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A connection to the store of a run, and this machine's address on the network that the store is on. */
export interface OpenStore {
  store: StoreHandle;
  address: string;
}

const POLL_MS = 100;

/** How long one try to connect may block the thread. */
const CONNECT_SECONDS = 5;

/** How long a name may be unknown, or a machine not be rank 0's, that will hardly be later. */
const DOUBT_SECONDS = 15;

/**
 * Connects to the store that the ranks meet at, and, on rank 0, serves it, unless the launcher does.
 *
 * @throws ERR_DISTRIBUTED naming the variable of the launcher that leads to no store
 */
export async function openStore(membership: Membership, options: RendezvousOptions): Promise<OpenStore> {
  const given = addressOf(process.env.GLOO_SOCKET_IFNAME);
  const serves = membership.isServedByRank0 && membership.rank === 0;
  await nameKnown(membership, options);
  const own = serves ? undefined : await addressOnceThere(membership, options);
  const store = await connected(membership, serves, options);
  try {
    return { store, address: given ?? own ?? (await addressOnceThere(membership, options)) };
  } catch (error) {
    native.closeStore(store);
    throw error;
  }
}

/** `host:port`, as addresses are written. */
export function endpointOf({ host, port }: Membership): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a call of the addon ended without an answer: whoever should give it stands still. */
export function isSilence({ message }: Error): boolean {
  return message.includes("no answer in time");
}

function nameKnown(membership: Membership, options: RendezvousOptions): Promise<unknown> {
  const limit = Math.min(DOUBT_SECONDS, options.timeoutSeconds);
  return repeated(
    () => lookup(membership.host),
    options,
    (error, seconds) => (seconds < limit ? null : unknownName(membership, error)),
  );
}

/** Waits until something listens where the ranks meet. */
function addressOnceThere(membership: Membership, options: RendezvousOptions): Promise<string> {
  const { host, port } = membership;
  return repeated(
    () => addressTowards(host, port),
    options,
    (error, seconds) => (seconds < options.timeoutSeconds ? null : nobodyThere(membership, error, options)),
  );
}

function connected(
  membership: Membership,
  serves: boolean,
  options: RendezvousOptions,
): Promise<StoreHandle> {
  const { host, port, attempt } = membership;
  const { timeoutSeconds } = options;
  const keys = `libbert/${attempt}/${native.nextGroupNumber()}`;
  const connectSeconds = Math.min(CONNECT_SECONDS, timeoutSeconds);
  const open = async () => native.openStore(host, port, serves, keys, connectSeconds, timeoutSeconds);
  return repeated(open, options, (error, seconds) => {
    if (serves && /EADDRINUSE|Address already in use/i.test(error.message))
      return takenPort(membership, error);
    if (serves)
      return seconds < Math.min(DOUBT_SECONDS, timeoutSeconds) ? null : otherMachine(membership, error);
    return seconds < timeoutSeconds ? null : noStore(membership, error, options);
  });
}

/**
 * Tries something until it succeeds.
 *
 * @param verdict what an error after so many seconds is to be thrown as; null to try again
 */
async function repeated<Result>(
  attempt: () => Promise<Result>,
  { signal }: RendezvousOptions,
  verdict: (error: NodeJS.ErrnoException, seconds: number) => LibbertError | null,
): Promise<Result> {
  const start = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const failure = verdict(error as NodeJS.ErrnoException, (performance.now() - start) / 1000);
      if (failure) throw failure;
      await sleep(POLL_MS);
    }
  }
}

function unknownName({ host }: Membership, cause: NodeJS.ErrnoException): LibbertError {
  return failure(
    `Expected the machine of rank 0 for MASTER_ADDR but received ${describe(host)}, a name without an address (${cause.code})`,
    cause,
  );
}

function nobodyThere(
  membership: Membership,
  cause: NodeJS.ErrnoException,
  { timeoutSeconds }: RendezvousOptions,
): LibbertError {
  const where = `rank 0 at MASTER_ADDR and MASTER_PORT, ${endpointOf(membership)},`;
  return failure(`Expected ${where} within ${timeoutSeconds} seconds but received ${cause.code}`, cause);
}

function takenPort({ port }: Membership, cause: Error): LibbertError {
  return failure(
    `Expected a free port for MASTER_PORT but received ${port}, which another program listens on`,
    cause,
  );
}

/** Rank 0 serves the store and does not find it where the others will look for it. */
function otherMachine({ host }: Membership, cause: Error): LibbertError {
  return failure(
    `Expected an address of the machine that rank 0 is on for MASTER_ADDR but received ${describe(host)}, ` +
      "where its store does not answer",
    cause,
  );
}

function noStore(membership: Membership, cause: Error, { timeoutSeconds }: RendezvousOptions): LibbertError {
  return failure(
    `Expected rank 0 at MASTER_ADDR and MASTER_PORT, ${endpointOf(membership)}, but what listens there did not answer ` +
      `as a rank does within ${timeoutSeconds} seconds`,
    cause,
  );
}

function failure(message: string, cause: Error): LibbertError {
  return new LibbertError("ERR_DISTRIBUTED", message, { cause });
}
