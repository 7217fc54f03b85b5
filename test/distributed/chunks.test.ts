import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chunk, chunksOf, chunksWith } from "../../lib/distributed/chunks.js";
import { ALIGNMENT, type ParameterGroup, type ParameterSlot } from "../../lib/optim/parameter-group.js";

/** Groups whose parameters have these sizes, the model's parameters in turn in each group. */
function groupsOf(...sizes: number[][]): Pick<ParameterGroup, "slots">[] {
  return sizes.map((group, number) => {
    let offset = 0;
    const slots = group.map((size, index) => {
      const slot = { name: "", offset, size, shape: [size], order: index * sizes.length + number };
      offset += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
      return slot as unknown as ParameterSlot;
    });
    return { slots };
  });
}

const lengthOf = (group: { slots: readonly ParameterSlot[] }) => {
  const { offset, size } = group.slots.at(-1)!;
  return Math.ceil((offset + size) / ALIGNMENT) * ALIGNMENT;
};

const groups = groupsOf([1000, 37, 4096, 5], [32, 31, 1], [9, 9, 9]);

/** How often each element of each group is in the ranges. */
function cover(ranges: { group: number; start: number; length: number }[]): number[][] {
  const counts = groups.map((group) => new Array<number>(lengthOf(group)).fill(0));
  for (const { group, start, length } of ranges)
    for (let element = start; element < start + length; element++) counts[group]![element]!++;
  return counts;
}

const isAll = (counts: number[][], count: number) => counts.flat().every((one) => one === count);

for (const shard of [false, true]) {
  for (const size of [2, 3, 8]) {
    const named = `${size} ranks, ${shard ? "divided" : "not divided"}`;
    const chunksOfRank = (rank: number) => chunksOf(groups, { rank, size, shard }, 512);

    test(`${named}: chunks have every element once, the same on all ranks`, () => {
      const ranges = (chunks: Chunk[]) =>
        chunks.map(({ group, start, length }) => ({ group, start, length }));
      const first = ranges(chunksOfRank(0));
      for (let rank = 0; rank < size; rank++) assert.deepEqual(ranges(chunksOfRank(rank)), first);
      assert.ok(isAll(cover(first), 1));
      assert.ok(first.every(({ length }) => length <= 512));
    });

    test(`${named}: each element is updated by one rank, or by all`, () => {
      const own = Array.from({ length: size }, (_, rank) =>
        chunksOfRank(rank).map(({ group, shard: own, start, length }) => ({
          group,
          ...(own ?? { start, length }),
        })),
      );
      const counts = cover(own.flat()).flat();
      assert.ok(counts.every((count) => count === size || (shard && count === 1)));
      if (shard)
        assert.ok(counts.filter((count) => count === size).length < groups.length * size * ALIGNMENT);
    });
  }
}

test("chunks are sent in the order in which backward completes them, from the model's end to its beginning", () => {
  const chunks = chunksOf(groups, { rank: 0, size: 2, shard: false }, 512);
  const lastReached = chunks.map((chunk) => {
    const inside = groups[chunk.group]!.slots.filter(
      (slot) => chunksWith(slot, chunk.group, [chunk]).length > 0,
    );
    return Math.min(...inside.map(({ order }) => order));
  });
  assert.deepEqual(
    lastReached,
    [...lastReached].sort((a, b) => b - a),
  );
  assert.equal(lastReached.at(-1), 0);
});

test("a parameter is in each chunk that has elements of it, and in no other", () => {
  const chunks = chunksOf(groups, { rank: 0, size: 2, shard: false }, 512);
  for (const [number, { slots }] of groups.entries()) {
    for (const slot of slots) {
      const elements = chunksWith(slot, number, chunks).map((index) => {
        const { start, length } = chunks[index]!;
        return Math.min(start + length, slot.offset + slot.size) - Math.max(start, slot.offset);
      });
      const total = elements.filter((count) => count > 0).reduce((sum, count) => sum + count, 0);
      assert.equal(total, slot.size);
    }
  }
});
