import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { indexVectors, loadModel, type Vectors } from "../../lib/index.js";
import { failureOf, rowsOf, TINY } from "./support.js";

const flat = { values: Float32Array.of(1, 0, 0, 1, 1, 1), dim: 2 };
const arrays = [[1, 0], Float32Array.of(0, 1), [1, 1]];

test("vectors one by one, behind each other and as they come are found alike", async () => {
  async function* asTheyCome(): AsyncGenerator<Vectors> {
    yield arrays.slice(0, 1);
    yield { values: flat.values.slice(2), dim: 2 };
  }
  for (const vectors of [flat, arrays, asTheyCome()]) {
    await using index = await indexVectors(vectors, { similarity: "dot" });
    assert.deepEqual([index.size, index.dim], [3, 2]);
    assert.deepEqual(await index.search([[2, 1]], { topK: 2 }), [
      [
        { index: 2, score: 3 },
        { index: 0, score: 2 },
      ],
    ]);
    assert.deepEqual(
      (await index.search({ values: Float32Array.of(0, 1, 1, 0), dim: 2 })).map((found) => found.length),
      [3, 3],
    );
  }
});

test("a text is found by its own vector", async () => {
  await using model = await loadModel(TINY, { dtype: "float32" });
  const vectors = await model.encodeDocument(rowsOf(20).map(({ text }) => text));
  await using index = await indexVectors(vectors);
  for (const [query, [best]] of (await index.search(vectors, { topK: 1 })).entries())
    assert.ok(best!.index === query && Math.abs(best!.score - 1) < 1e-6);
});

for (const [what, vectors, message] of [
  ["none", [], "Expected at least one vector for vectors but received an array of 0 elements"],
  [
    "another length",
    [[1, 2], [3]],
    "Expected a vector of 2 numbers, as the first has, for vectors.1 but received 1",
  ],
  ["a text", "vectors", 'Expected an array of vectors for vectors but received "vectors"'],
  [
    "half a vector",
    { values: new Float32Array(3), dim: 2 },
    "Expected 2 numbers for each vector, and at least one vector, for vectors.values but received 3",
  ],
  [
    "no width",
    { values: new Float32Array(3) },
    "Expected a whole number above 0 for vectors.dim but received undefined",
  ],
  [
    "plain numbers",
    { values: [1, 2], dim: 2 },
    "Expected a Float32Array for vectors.values but received an array of 2 elements",
  ],
] as const) {
  test(`${what} in the place of vectors is refused in one sentence`, async () => {
    const error = await failureOf(indexVectors(vectors as never));
    assert.equal(error.message, message);
    assert.equal(error.code, "ERR_OPTION");
  });
}

test("queries of another length are refused, and an index that was disposed", async () => {
  const index = await indexVectors(arrays);
  const error = await failureOf(index.search([[1, 2, 3]]));
  assert.equal(error.message, "Expected vectors of 2 numbers, as the index has, for queries but received 3");
  assert.equal((await failureOf(index.search(arrays, { topK: 0 }))).option, "topK");
  await index.dispose();
  await index.dispose();
  assert.equal((await failureOf(index.search(arrays))).code, "ERR_DISPOSED");
});

test("an aborted signal stops the copying, and a search", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(indexVectors(arrays, { signal }), { name: "AbortError" });
  await using index = await indexVectors(arrays);
  await assert.rejects(index.search(arrays, { signal }), { name: "AbortError" });
});
