import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { argmax, chunked } from "../lib/arrays.js";

async function all<Item>(chunks: AsyncIterable<Item[]>): Promise<Item[][]> {
  const gathered: Item[][] = [];
  for await (const chunk of chunks) gathered.push(chunk);
  return gathered;
}

test("chunks hold every item once and in order; all but the last are full, and none is empty", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), async (items, size) => {
      const chunks = await all(chunked(items, { size }));
      assert.deepEqual(chunks.flat(), items);
      assert.ok(chunks.every((chunk) => chunk.length > 0));
      assert.ok(chunks.slice(0, -1).every((chunk) => chunk.length === size));
    }),
  );
});

test("a chunk ends early when its first item has waited long enough", async () => {
  async function* slow() {
    yield 1;
    await new Promise((resolve) => setTimeout(resolve, 30));
    yield 2;
    yield 3;
  }
  assert.deepEqual(await all(chunked(slow(), { size: 10, milliseconds: 20 })), [[1, 2], [3]]);
});

test("argmax is the first index of the largest value", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1 }), (values) => {
      assert.equal(argmax(values), values.indexOf(Math.max(...values)));
    }),
  );
});
