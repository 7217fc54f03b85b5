import assert from "node:assert/strict";
import { test } from "node:test";
import { operatorTimes, type ProfiledCalls } from "../../bench/profile/operator-times.js";
import { productFlops } from "../../bench/profile/product-flops.js";
import { randn } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";

test("a profile has an operator's calls by the shapes of its tensors, with the bytes of all of them", () => {
  const [x, y] = [randn([4, 8]), randn([8, 2])];
  native.startProfile([], false);
  for (let call = 0; call < 3; call++) x.matmul(y).dispose();
  x.matmul(x.transpose(0, 1));
  const profile = native.endProfile();
  const products = profile.filter(([operator]) => operator === "aten::mm");
  const facts = products.map(([, shapes, calls, , bytes]) => [shapes, calls, bytes]);
  const bytesOf = (...elements: number[]) => 4 * elements.reduce((sum, count) => sum + count, 0);
  assert.deepEqual(facts, [
    ["Float 4x8, 8x2", 3, 3 * bytesOf(32, 16, 8)],
    ["Float 4x8, 8x4", 1, bytesOf(32, 32, 16)],
  ]);
});

test("an operator's time is without that of the operators inside it", () => {
  const [x, y] = [randn([512, 512]), randn([512, 512])];
  native.startProfile([], false);
  x.matmul(y); // aten::matmul, and inside it aten::mm
  const seconds = Object.fromEntries(native.endProfile().map(([operator, , , own]) => [operator, own]));
  assert.ok(seconds["aten::mm"]! > seconds["aten::matmul"]!, JSON.stringify(seconds));
});

test("an operator that counts as a whole has the calls and the time of those inside it", () => {
  const [x, y] = [randn([4, 8]), randn([8, 2])];
  native.startProfile(["aten::matmul"], false);
  x.matmul(y);
  x.add(x);
  const operators = native.endProfile().map(([operator, , calls]) => [operator, calls]);
  assert.deepEqual(operators, [
    ["aten::add", 1],
    ["aten::matmul", 1],
  ]);
});

test("profiles are made one at a time, and none ends that was not started", () => {
  assert.throws(() => native.endProfile(), /No profile was started/);
  native.startProfile([], false);
  assert.throws(() => native.startProfile([], false), /A profile is being made already/);
  native.endProfile();
});

test("the operations of a product follow from its shapes", () => {
  assert.equal(
    productFlops("aten::mm", [
      [4, 8],
      [8, 2],
    ]),
    2 * 4 * 8 * 2,
  );
  assert.equal(productFlops("aten::addmm", [[2], [4, 8], [8, 2]]), 2 * 4 * 8 * 2);
  assert.equal(
    productFlops("aten::bmm", [
      [3, 4, 8],
      [3, 8, 2],
    ]),
    3 * 2 * 4 * 8 * 2,
  );
  assert.equal(productFlops("mkldnn::_linear_pointwise", [[4, 8], [32, 8], [32]]), 2 * 4 * 8 * 32);
  assert.equal(productFlops("libbert::packed_linear", [[4, 8], [2, 8, 16], [32]]), 2 * 4 * 8 * 32);
  assert.equal(
    productFlops("aten::add", [
      [4, 8],
      [4, 8],
    ]),
    0,
  );
});

test("the table lists operators by their time, and beneath each its shapes", () => {
  const profile: ProfiledCalls[] = [
    ["aten::add", "Float 4x8, 4x8", 2, 0.1, 1e9],
    ["aten::mm", "Float 1000x1000, 1000x1000", 10, 0.2, 12e7],
    ["aten::mm", "Float 10x10, 10x10", 10, 0.7, 12e3],
  ];
  const lines = operatorTimes(profile, { operators: 2, shapes: 1 }).split("\n");
  const words = lines.map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(words, [
    ["share", "seconds", "calls", "ms a call", "GB/s", "GFLOP/s"],
    ["all operators", "100.0 %", "1.000", "22", "45.455", "1.1", "20"],
    ["aten::mm", "90.0 %", "0.900", "20", "45.000", "0.1", "22"],
    ["Float 10x10, 10x10", "70.0 %", "0.700", "10", "70.000", "0.0", "0"],
    ["aten::add", "10.0 %", "0.100", "2", "50.000", "10.0"],
    ["Float 4x8, 4x8", "10.0 %", "0.100", "2", "50.000", "10.0"],
  ]);
});
