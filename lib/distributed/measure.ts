import { hostname } from "node:os";
import { rand, zeros } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { ProcessGroup } from "./group.js";

/** What one rank computes and sends with. */
export interface RankSpeed {
  rank: number;
  host: string;
  /** Floating-point operations a second of a float32 matrix product, all ranks at once. */
  flops: number;
  /** Bytes a second from this rank to all others. */
  sending: number;
  /** What is much slower than on the median rank: "computing", "sending", or both. */
  slowAt: string[];
}

export interface GroupSpeed {
  /** Of the sum of one number over all ranks, seconds. */
  latency: number;
  /** Sums over all ranks, of the size of gradients. `bandwidth` is bytes of the sum a second. */
  allReduce: { bytes: number; seconds: number; bandwidth: number }[];
  ranks: RankSpeed[];
}

const SUM_BYTES = [2 ** 20, 2 ** 23, 2 ** 26];
const BROADCAST_BYTES = 2 ** 24;
const PRODUCT_SIZE = 512;
const FLOAT_BYTES = 4;

/** Below this share of the median, a rank holds the others up. */
const SLOW = 0.67;

/** Measures a group's ranks and the network between them. Every rank has to call it; all get the same answer. */
export function measureGroup(group: ProcessGroup, device: string): GroupSpeed {
  const hosts = group.exchange("host", hostname());
  const flops = group.gather(productsPerSecond(device) * 2 * PRODUCT_SIZE ** 3);
  const sending = hosts.map((_, root) => {
    const seconds = scope(() => {
      const x = zeros([BROADCAST_BYTES / FLOAT_BYTES], { device });
      return secondsOf(group, 3, x, () => group.broadcast(x, root));
    });
    return BROADCAST_BYTES / Math.max(...group.gather(seconds));
  });
  return {
    latency: Math.max(...group.gather(sumSeconds(group, 1, 100, device))),
    allReduce: SUM_BYTES.map((bytes) => {
      const seconds = Math.max(...group.gather(sumSeconds(group, bytes / FLOAT_BYTES, 5, device)));
      return { bytes, seconds, bandwidth: bytes / seconds };
    }),
    ranks: rankSpeeds(hosts, flops, sending),
  };
}

/** What each rank does, and whether the others wait for it. */
export function rankSpeeds(
  hosts: readonly string[],
  flops: readonly number[],
  sending: readonly number[],
): RankSpeed[] {
  const isSlow = (speeds: readonly number[], rank: number) => speeds[rank]! < SLOW * median(speeds);
  return hosts.map((host, rank) => ({
    rank,
    host,
    flops: flops[rank]!,
    sending: sending[rank]!,
    slowAt: [...(isSlow(flops, rank) ? ["computing"] : []), ...(isSlow(sending, rank) ? ["sending"] : [])],
  }));
}

function productsPerSecond(device: string): number {
  return scope(() => {
    const x = rand([PRODUCT_SIZE, PRODUCT_SIZE], { device });
    const product = () => scope(() => x.matmul(x).select(0, 0).select(0, 0).item());
    for (let warmUp = 0; warmUp < 5; warmUp++) product();
    const start = performance.now();
    let products = 0;
    for (; performance.now() - start < 500; products++) product();
    return products / ((performance.now() - start) / 1000);
  });
}

function sumSeconds(group: ProcessGroup, elements: number, repeats: number, device: string): number {
  return scope(() => {
    const x = zeros([elements], { device });
    return secondsOf(group, repeats, x, () => group.allReduce(x));
  });
}

/** Of one call, after one to warm up and from a common start. */
function secondsOf(group: ProcessGroup, repeats: number, x: Tensor, call: () => void): number {
  const settle = () => scope(() => x.select(0, 0).item()); // a GPU is done only then
  call();
  settle();
  group.barrier();
  const start = performance.now();
  for (let repeat = 0; repeat < repeats; repeat++) call();
  settle();
  return (performance.now() - start) / 1000 / repeats;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
