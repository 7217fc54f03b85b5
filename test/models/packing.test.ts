import assert from "node:assert/strict";
import { test } from "node:test";
import { packSequences } from "../../lib/models/packing.js";

const SEQUENCES = [
  { inputIds: [2, 7, 3], tokenTypeIds: [0, 0, 0] },
  { inputIds: [2, 8, 3, 9, 3], tokenTypeIds: [0, 0, 0, 1, 1] },
  { inputIds: [2, 3], tokenTypeIds: [0, 0] },
];

test("sequences are laid end to end, positions starting anew in each", () => {
  const batch = packSequences(SEQUENCES, [0, 1, 2]);
  assert.deepEqual([...batch.inputIds], [2, 7, 3, 2, 8, 3, 9, 3, 2, 3]);
  assert.deepEqual([...batch.tokenTypeIds], [0, 0, 0, 0, 0, 0, 1, 1, 0, 0]);
  assert.deepEqual([...batch.positionIds], [0, 1, 2, 0, 1, 2, 3, 4, 0, 1]);
  assert.deepEqual([...batch.cuSeqlens], [0, 3, 8, 10]);
  assert.equal(batch.maxSeqlen, 5);
});

test("a row id is the sequence's id times 2^20 plus the position, beyond 32 bits too", () => {
  const ids = [1, 2 ** 31 + 5, 2 ** 43 - 1];
  const { rowIds } = packSequences(SEQUENCES, ids);
  const expected = SEQUENCES.flatMap(({ inputIds }, sequence) =>
    inputIds.map((_, position) => BigInt(ids[sequence]!) * 2n ** 20n + BigInt(position)),
  );
  assert.deepEqual([...rowIds], expected);
});

test("a sequence has the same row ids whatever its batch", () => {
  const together = packSequences(SEQUENCES, [40, 41, 42]).rowIds;
  const alone = packSequences([SEQUENCES[1]!], [41]).rowIds;
  assert.deepEqual(together.slice(3, 8), alone);
});
