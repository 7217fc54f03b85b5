import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runRanks } from "../support/ranks.js";
import { assertClose } from "../support/tolerance.js";

const RANK = fileURLToPath(new URL("gradients-rank.js", import.meta.url));
const WEIGHTS = 6 * (1024 * 1024 + 1024);

for (const dtype of ["float32", "bfloat16"]) {
  for (const shardOptimizer of [false, true]) {
    const named = `${dtype}${shardOptimizer ? ", divided among the ranks" : ""}`;
    test(`gradients that are sent while backward computes are the sum over the ranks (${named})`, async () => {
      const ended = await runRanks(RANK, () => [JSON.stringify({ dtype, shardOptimizer })], { size: 2 });
      for (const { code, stdout, stderr } of ended) {
        assert.equal(code, 0, stderr);
        const lines = stdout
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line));
        const { slices, elements } = lines.pop();
        assert.ok(slices > 3, `${slices} slices`);
        const shard = shardOptimizer ? WEIGHTS / 2 : WEIGHTS;
        assert.ok(Math.abs(elements - shard) < 64, `${elements} of ${shard}`);
        assert.equal(lines.length, 3);
        for (const { largest, norm, wantedNorm, seconds, waited } of lines) {
          assert.equal(largest, 0);
          // A float32 sum of squares here, float64 there.
          assertClose([norm], [wantedNorm], { relative: 1e-6 });
          // Had nothing been sent before backward was over, what was left then would be more than all.
          assert.ok(waited < seconds, `${waited} of ${seconds} seconds were left when backward was over`);
        }
      }
    });
  }
}
