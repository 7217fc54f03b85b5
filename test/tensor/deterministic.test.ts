import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseCompute } from "../../lib/tensor/compute.js";
import { rand } from "../../lib/tensor/create.js";
import { scope } from "../../lib/tensor/scope.js";
import { DEVICE } from "../support/device.js";

test("a deterministic run gives the same bits again, where many rows are added to few", () => {
  const { device } = chooseCompute({ device: DEVICE, dtype: "float32", deterministic: true });
  scope(() => {
    const rows = rand([100_000, 16], { device });
    const index = rand([100_000], { device }).mul(10).to("int64");
    const add = () => rand([10, 16], { device }).mul(0).indexAdd(0, index, rows).toArray();
    const first = add();
    for (let repeat = 0; repeat < 5; repeat++) assert.deepEqual(add(), first);
  });
});
