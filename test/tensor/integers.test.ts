import assert from "node:assert/strict";
import { test } from "node:test";
import { arange, full, tensor, where } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

const bytes = tensor([0, 7], { dtype: "uint8" });
const ints = tensor([1, 2], { dtype: "int32" });
const condition = tensor([1, 0], { dtype: "bool" });

function signatureAndValues(x: Tensor): unknown[] {
  return [x.signature(), ...x.toArray()];
}

test("a tensor of integers is made of whole numbers that its dtype holds, and of no others", () => {
  const refused = (
    values: number | number[] | Float32Array | BigInt64Array,
    dtype: "uint8" | "int32" | "int64",
  ) =>
    assert.throws(() => tensor(values, { dtype }), {
      code: "ERR_OPTION",
      message: new RegExp(
        `^Expected whole numbers that ${dtype} holds for the values of a tensor but received `,
      ),
    });
  refused([1, 256], "uint8");
  refused(-1, "uint8");
  refused([2 ** 31], "int32");
  refused([1.5], "int64");
  refused([Number.NaN], "int64");
  refused(2 ** 63, "int64");
  refused(new Float32Array([Infinity]), "int32");
  refused(new BigInt64Array([2n ** 40n]), "int32");
  assert.deepEqual(signatureAndValues(tensor([0, 255], { dtype: "uint8" })), ["uint8[2]", 0, 255]);
  assert.deepEqual(signatureAndValues(tensor([-(2 ** 31)], { dtype: "int32" })), ["int32[1]", -(2 ** 31)]);
  assert.deepEqual(signatureAndValues(tensor([0, 0.5], { dtype: "bool" })), ["bool[2]", 0, 1]);
});

test("a tensor of integers is filled with whole numbers that its dtype holds, and with no others", () => {
  const fractions = () => tensor([0], { dtype: "int64" }).fill_(1.5);
  assert.throws(fractions, {
    message: "Expected a whole number that int64 holds for value but received 1.5",
  });
  for (const value of [256, -1, 0.5, Number.NaN]) {
    const refusal = { code: "ERR_OPTION", option: "value" };
    assert.throws(() => full([2], value, { dtype: "uint8" }), refusal);
    assert.throws(() => bytes.clone().fill_(value), refusal);
    assert.throws(() => bytes.maskedFill(condition, value), refusal);
  }
  assert.deepEqual(signatureAndValues(full([1], 255, { dtype: "uint8" })), ["uint8[1]", 255]);
  assert.deepEqual(signatureAndValues(ints.maskedFill(condition, -3)), ["int32[2]", -3, 2]);
});

test("integers are not compared with, nor replaced by, a number that their dtype would wrap around", () => {
  const least = "a number from -2147483648 to 2147483647, which int32 holds,";
  assert.throws(() => ints.lt(3e9), { message: `Expected ${least} for y but received 3000000000` });
  for (const compare of ["eq", "ne", "gt", "ge", "lt", "le"] as const)
    assert.throws(() => bytes[compare](-1), { code: "ERR_OPTION", option: "y" });
  assert.throws(() => bytes.where(condition, 256), { code: "ERR_OPTION", option: "y" });
  assert.throws(() => where(condition, 256, bytes), { code: "ERR_OPTION", option: "x" });
  assert.deepEqual([...ints.lt(Infinity).toArray()], [1, 1]);
  assert.deepEqual([...ints.gt(1.5).toArray()], [0, 1]);
});

test("a whole number to a negative power is no integer, and refused", () => {
  assert.throws(() => ints.pow(-1), {
    message: "Expected a number of at least 0, as x is int32, for y but received -1",
  });
  assert.deepEqual([...ints.pow(2).toArray()], [1, 4]);
  assert.deepEqual(signatureAndValues(ints.pow(-0.5)).slice(0, 2), ["float32[2]", 1]);
});

test("clamp leaves integers what they are, those that no float32 holds with them", () => {
  const large = tensor([-5, 16777217], { dtype: "int64" });
  assert.deepEqual(signatureAndValues(large.clamp(0, 1e9)), ["int64[2]", 0, 16777217]);
  assert.deepEqual(signatureAndValues(large.clamp(-Infinity, 3)), ["int64[2]", -5, 3]);
  assert.deepEqual(signatureAndValues(large.clamp(4, 2)), ["int64[2]", 2, 2]); // as PyTorch has it
  assert.deepEqual(signatureAndValues(ints.clamp(1.5, 9)), ["float32[2]", 1.5, 2]);
  assert.throws(() => bytes.clamp(0, 256), { code: "ERR_OPTION", option: "max" });
});

test("arange of integers begins and ends at whole numbers that its dtype holds", () => {
  assert.throws(() => arange(0.5, 3), {
    message: "Expected a whole number, as the dtype is int64, for start but received 0.5",
  });
  assert.throws(() => arange(0, 2.5), { option: "end" });
  assert.throws(() => arange(250, 257, { dtype: "uint8" }), {
    message: "Expected whole numbers that uint8 holds for the values of a tensor but received 256",
  });
  assert.deepEqual([...arange(254, 256, { dtype: "uint8" }).toArray()], [254, 255]);
  assert.equal(arange(2, 2).size, 0);
  assert.deepEqual([...arange(0.5, 3, { dtype: "float32" }).toArray()], [0.5, 1.5, 2.5]);
});
