/** How long it takes to find the nearest of many vectors, and how much memory. See bench/README.md. */
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { indexVectors } from "../lib/index.js";
import { median } from "./median.js";
import { describeProcessor } from "./processor.js";

const { values: options } = parseArgs({
  options: {
    vectors: { type: "string", default: "1000000" },
    dim: { type: "string", default: "384" },
    queries: { type: "string", default: "100" },
    similarity: { type: "string", default: "cosine" },
    repeats: { type: "string", default: "5" },
  },
});

type Similarity = "cosine" | "dot" | "euclidean" | "manhattan";

const [count, dim, queryCount] = [Number(options.vectors), Number(options.dim), Number(options.queries)];
const PART = 10_000;
const random = new CounterRandom(1, 0);

/** Vectors at little cost: windows of one table of drawn numbers. */
const table = Float32Array.from({ length: 2 ** 20 + PART * dim }, (_, index) => random.uniform(index) - 0.5);
function drawn(rows: number, first: number): Float32Array {
  const start = (first * 7919) % 2 ** 20;
  return table.subarray(start, start + rows * dim);
}

async function* parts() {
  for (let first = 0; first < count; first += PART)
    yield { values: drawn(Math.min(PART, count - first), first), dim };
}

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
await using index = await indexVectors(parts(), { similarity: options.similarity as Similarity });
const queries = { values: drawn(queryCount, count + 1), dim };
const one = { values: queries.values.slice(0, dim), dim };
await index.search(queries); // the first search is slower

interface Times {
  wall: number;
  /** Of all processors together: another program that is busy at the same time adds nothing to it. */
  processor: number;
}

/** Milliseconds, the medians of some searches. */
async function timesOf(searched: typeof queries): Promise<Times> {
  const runs: Times[] = [];
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    await index.search(searched);
    const { user, system } = process.cpuUsage(used);
    runs.push({ wall: performance.now() - start, processor: (user + system) / 1000 });
  }
  const middle = (name: keyof Times) => Math.round(median(runs.map((run) => run[name])));
  return { wall: middle("wall"), processor: middle("processor") };
}

console.log(`${describeProcessor()}; ${count} vectors of ${dim} numbers, ${options.similarity}, the best 10`);
for (const [what, searched] of [
  [`${queryCount} queries`, queries],
  ["one query", one],
] as const) {
  const { wall, processor } = await timesOf(searched);
  console.log(`${what}: ${wall} ms, and ${processor} ms of processor time`);
}
const peak = process.resourceUsage().maxRSS * 1024;
console.log(`the vectors: ${mebibytes(count * dim * 4)} MiB; peak of the process: ${mebibytes(peak)} MiB`);
