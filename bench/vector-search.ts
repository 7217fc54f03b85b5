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

/** Different vectors at little cost: one table of drawn numbers, read from other places on. */
const table = Float32Array.from({ length: 1 << 20 }, (_, index) => random.uniform(index) - 0.5);
const drawn = (rows: number, first: number) =>
  Float32Array.from({ length: rows * dim }, (_, index) => table[(first * 7919 + index * 31) % table.length]!);

async function* parts() {
  for (let first = 0; first < count; first += PART)
    yield { values: drawn(Math.min(PART, count - first), first), dim };
}

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
await using index = await indexVectors(parts(), { similarity: options.similarity as Similarity });
const queries = { values: drawn(queryCount, count), dim };
const one = { values: queries.values.slice(0, dim), dim };
await index.search(queries); // the first search is slower

async function milliseconds(searched: typeof queries): Promise<number> {
  const runs: number[] = [];
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    const start = performance.now();
    await index.search(searched);
    runs.push(performance.now() - start);
  }
  return Math.round(median(runs));
}

console.log(`${describeProcessor()}; ${count} vectors of ${dim} numbers, ${options.similarity}, the best 10`);
console.log(
  `${queryCount} queries: ${await milliseconds(queries)} ms; one query: ${await milliseconds(one)} ms`,
);
const peak = process.resourceUsage().maxRSS * 1024;
console.log(`the vectors: ${mebibytes(count * dim * 4)} MiB; peak of the process: ${mebibytes(peak)} MiB`);
