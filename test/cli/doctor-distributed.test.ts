import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSpeed } from "../../lib/cli/commands/doctor.js";
import { rankSpeeds } from "../../lib/distributed/measure.js";

const latency = 0.0005;
const allReduce = [{ bytes: 2 ** 26, seconds: 0.0625, bandwidth: 2 ** 26 / 0.0625 }];

test("the rank that computes or sends much slower than the others is found, and named", () => {
  const ranks = rankSpeeds(["a", "b", "c", "d"], [1e12, 9e11, 5e11, 1.1e12], [2e9, 4e8, 1.9e9, 2.1e9]);
  assert.deepEqual(
    ranks.map(({ slowAt }) => slowAt),
    [[], ["sending"], ["computing"], []],
  );
  const lines = formatSpeed({ latency, allReduce, ranks }).split("\n");
  assert.deepEqual(lines, [
    "4 ranks; a sum over all of them takes 0.50 ms, and",
    "  of 64 MiB  62.5 ms  1.07 GB/s",
    "rank  host  computes  sends",
    "0  a  1.000 TFLOP/s  2.00 GB/s",
    "1  b  0.900 TFLOP/s  0.40 GB/s  slow at sending",
    "2  c  0.500 TFLOP/s  1.90 GB/s  slow at computing",
    "3  d  1.100 TFLOP/s  2.10 GB/s",
    "Every update waits for rank 1 on b, rank 2 on c",
  ]);
});

test("ranks that are about as fast as each other hold nobody up", () => {
  const ranks = rankSpeeds(["a", "a"], [1e12, 8e11], [2e9, 1.8e9]);
  assert.equal(formatSpeed({ latency, allReduce, ranks }).split("\n").at(-1), "No rank holds the others up");
});
