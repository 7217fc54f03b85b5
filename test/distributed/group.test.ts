import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runRanks } from "../support/ranks.js";

const RANK = fileURLToPath(new URL("collectives-rank.js", import.meta.url));

for (const size of [2, 3]) {
  test(`${size} ranks sum, share, divide and collect numbers of every dtype, in one group after another`, async () => {
    const ended = await runRanks(RANK, () => [], { size });
    for (const [rank, { code, stdout, stderr }] of ended.entries()) {
      assert.equal(code, 0, stderr);
      const ranks = Array.from({ length: size }, (_, index) => index);
      const sumOf = (value: (rank: number) => number) => ranks.reduce((sum, one) => sum + value(one), 0);
      const sum = [sumOf((one) => one + 1), sumOf((one) => 10 * one), 3 * size];
      const parts = Array.from({ length: 2 * size }, (_, index) => sumOf((one) => index + one));
      const expected = {
        sums: [sum, sum, sum, sum],
        shared: [size - 1, 7],
        own: parts.slice(2 * rank, 2 * rank + 2),
        all: parts,
        gathered: ranks.map((one) => one * one),
        texts: ranks.map((one) => `rank ${one}`),
        counts: [size, sumOf((one) => one), size * 2 ** 40],
      };
      assert.deepEqual(JSON.parse(stdout), [expected, expected]);
    }
  });
}
