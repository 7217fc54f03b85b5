import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { SIMILARITIES } from "../../lib/checkpoint/sentence/settings.js";
import { CounterRandom } from "../../lib/counter-random.js";
import { similarities } from "../../lib/features/similarity.js";
import { ExactIndex } from "../../lib/retrieval/exact-index.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { assertClose } from "../support/tolerance.js";

const DIM = 8;
const COUNT = 9_000; // two blocks and a part of a third
const QUERIES = 300; // a group and a part of another
const TOP = 7;

const random = new CounterRandom(5, 0);
const drawn = (count: number, from: number) =>
  Float32Array.from({ length: count * DIM }, (_, index) => random.uniform(from + index) - 0.5);
const values = drawn(COUNT, 0);
const queries = drawn(QUERIES, values.length);
const rows = (flat: Float32Array) =>
  Array.from({ length: flat.length / DIM }, (_, row) => flat.subarray(row * DIM, (row + 1) * DIM));

for (const similarity of SIMILARITIES) {
  test(`search by ${similarity} finds what comparing all with all finds, however the vectors came`, async () => {
    const before = liveTensors();
    const index = new ExactIndex(similarity, DIM);
    for (const [start, end] of [
      [0, 1],
      [1, 4_200],
      [4_200, COUNT],
    ] as const)
      index.add(values.subarray(start * DIM, end * DIM));
    const found = await index.search(queries, TOP);
    index.dispose();
    assert.equal(liveTensors(), before);

    const all = similarities(similarity, rows(queries), rows(values));
    for (const [query, scores] of all.entries()) {
      const best = Array.from(scores)
        .sort((a, b) => b - a)
        .slice(0, TOP);
      const indices = found.indices.subarray(query * TOP, (query + 1) * TOP);
      const foundScores = found.scores.subarray(query * TOP, (query + 1) * TOP);
      assert.equal(new Set(indices).size, TOP);
      assertClose(foundScores, best, { absolute: 1e-6 });
      assertClose(
        Array.from(indices, (one) => scores[one]!),
        foundScores,
        { absolute: 1e-6 },
      );
    }
  });

  test(`by ${similarity}, of equal vectors the first is found first, in other blocks, too`, async () => {
    const index = new ExactIndex(similarity, DIM);
    const twice = [17, 4_099, 8_999];
    const same = values.slice();
    for (const row of twice)
      same.set(
        queries.subarray(0, DIM).map((value) => value * 8),
        row * DIM,
      );
    index.add(same);
    const query = queries.slice(0, DIM).map((value) => value * 8);
    const { indices } = await index.search(query, 3);
    assert.deepEqual([...indices], twice);
    index.dispose();
  });
}

test("where there are fewer vectors than asked for, all are found", async () => {
  const index = new ExactIndex("dot", 2);
  index.add(Float32Array.of(1, 0, 3, 0, 2, 0));
  const { indices, scores } = await index.search(Float32Array.of(1, 1, -1, 0), 10);
  assert.deepEqual([...indices], [1, 2, 0, 0, 2, 1]);
  assert.deepEqual([...scores], [3, 2, 1, -1, -2, -3]);
  index.dispose();
});

test("all vectors can be found in their order, for more queries than are compared at once", async () => {
  const index = new ExactIndex("dot", DIM);
  index.add(values);
  const count = 120;
  const { indices, scores } = await index.search(queries.subarray(0, count * DIM), COUNT + 1);
  assert.equal(indices.length, count * COUNT);
  for (const query of [0, count - 1]) {
    const [start, end] = [query * COUNT, (query + 1) * COUNT];
    assert.equal(new Set(indices.subarray(start, end)).size, COUNT);
    assert.deepEqual(scores.slice(start, end), scores.slice(start, end).sort().reverse());
  }
  const last = await index.search(queries.subarray((count - 1) * DIM, count * DIM), 1);
  assert.equal(last.indices[0], indices[(count - 1) * COUNT]);
  index.dispose();
});

test("vectors of very many numbers lie in blocks of few", async () => {
  const dim = 2 ** 20;
  const index = new ExactIndex("dot", dim);
  const vector = new Float32Array(dim);
  for (const value of [1, 3, 2, 5, 4]) index.add(vector.fill(value));
  const { indices } = await index.search(vector.fill(1), 3);
  assert.deepEqual([...indices], [3, 4, 1]);
  index.dispose();
});

test("numbers that are not finite, and lengths whose products are not, are refused with the vector's number", async () => {
  const index = new ExactIndex("cosine", 2);
  index.add(Float32Array.of(1, 0));
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, 1e30])
    assert.throws(() => index.add(Float32Array.of(1, 0, 2, bad)), {
      code: "ERR_OPTION",
      option: "vectors.2",
    });
  await assert.rejects(index.search(Float32Array.of(1, 1, Number.NaN, 1), 1), {
    code: "ERR_OPTION",
    message:
      "Expected finite numbers, of a length of at most 1000000000000000000, for queries.1 but received NaN",
  });
  const many = new Float32Array(2 * 300);
  many[2 * 290] = Number.POSITIVE_INFINITY;
  await assert.rejects(index.search(many, 1), { option: "queries.290" });
  index.dispose();
});

test("a search that is aborted ends between two groups of queries", async () => {
  const index = new ExactIndex("dot", DIM);
  index.add(values);
  const controller = new AbortController();
  const searching = index.search(drawn(2_000, 0), 1, controller.signal);
  setImmediate(() => controller.abort());
  await assert.rejects(searching, { name: "AbortError" });
  index.dispose();
});
