import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ones, tensor } from "../../lib/tensor/create.js";
import { renderNativeOps } from "../../lib/tensor/generate-native-ops.js";
import { native } from "../../lib/tensor/native.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

test("the TypeScript interface of the native ops is the one that the op table renders", () => {
  const committed = readFileSync("lib/tensor/native-ops.ts", "utf8");
  assert.equal(withoutLayout(committed), withoutLayout(renderNativeOps(native.opSignatures)));
});

/** The formatter breaks long signatures over several lines and then ends them with a comma. */
function withoutLayout(source: string): string {
  return source.replaceAll(/\s+/g, " ").replaceAll("( ", "(").replaceAll(", )", ")");
}

/** Calls an op with arguments that TypeScript would refuse. */
function call(op: keyof typeof native, ...args: unknown[]): unknown {
  return (native[op] as (...args: unknown[]) => unknown)(...args);
}

test("an argument of the wrong type names the op, the parameter and what came", () => {
  const { handle } = ones([2]);
  const refusals: [() => unknown, string][] = [
    [() => call("softmax", handle, "last"), "softmax: Expected an integer for dim but received 'last'"],
    [() => call("softmax", handle, 0.5), "softmax: Expected an integer for dim but received 0.5"],
    [() => call("clamp", handle, null, 1), "clamp: Expected a number for min but received null"],
    [() => call("sum", handle, [], 1), "sum: Expected a boolean for keepDim but received 1"],
    [() => call("reshape", handle, 2), "reshape: Expected an array for shape but received 2"],
    [() => call("reshape", handle, ["2"]), "reshape: Expected an integer for shape but received an array"],
    [() => call("gelu", handle, undefined), "gelu: Expected a string for approximate but received undefined"],
    [() => call("add", handle, {}), "add: Expected a tensor or a number for y but received an object"],
    [() => call("add", ones([2]), 1), "add: Expected a tensor for x but received an object"],
    [() => call("zeros", [2], "int33", "cpu"), "but received 'int33'"],
    [() => call("fromBytes", "AAAA", [1], "float32", "cpu"), "fromBytes: Expected a typed array for bytes"],
  ];
  for (const [refused, message] of refusals) {
    assert.throws(
      refused,
      (error: Error) => error instanceof Error && error.message.includes(message),
      message,
    );
  }
});

test("a wrong number of arguments names the op and its parameters", () => {
  assert.throws(() => call("narrow", ones([2]).handle, 0), {
    message: "narrow: Expected 4 arguments (x, dim, start, length) but received 2",
  });
});

test("what LibTorch refuses becomes an error with the op's name, without a C++ backtrace", () => {
  assert.throws(
    () => ones([2, 3]).matmul(ones([2, 3])),
    ({ message }: Error) =>
      message.startsWith("matmul: ") && /2x3/.test(message) && !/\.cpp|frame #/.test(message),
  );
  assert.throws(() => ones([3]).sum([5]), /^LibbertError: sum: Dimension out of range/);
});

test("what one of libbert's operators refuses names the argument and what came", () => {
  assert.throws(() => call("linear", ones([4, 3]).handle, ones([2, 5]).handle, null), {
    message: "linear: Expected a tensor [..., 5] for input but received shape [4, 3]",
  });
  assert.throws(
    () => call("dropout", ones([4, 3]).handle, 1.5, null, null),
    /^LibbertError: dropout: Expected a probability in \[0, 1\] for p but received 1\.5/,
  );
  assert.throws(
    () => call("mseLoss", ones([4, 3]).handle, ones([4, 3]).handle, "middle"),
    /^LibbertError: mseLoss: Expected none, mean or sum for reduction but received 'middle'/,
  );
});

test("memory that does not fit a shape is refused with both sizes", () => {
  assert.throws(
    () => tensor(new Float32Array(5), { shape: [2, 3] }),
    /^LibbertError: fromBytes: Expected 24 bytes for shape \[2, 3\] of \w+ but received 20$/,
  );
  assert.throws(() => tensor(new Float32Array(6), { shape: [-2, -3] }), {
    message: "fromBytes: Expected sizes of a tensor for shape but received [-2, -3]",
  });
  assert.throws(() => ones([2, 3]).copyBytes_(new Uint8Array(20), "float32"), {
    message: "copyBytes_: Expected 24 bytes for shape [2, 3] of float32 but received 20",
  });
});

test("an error of a native op has a stack that leads to the caller's line", () => {
  function callerOfTheOp(x: Tensor): Tensor {
    return x.reshape([7]);
  }
  assert.throws(
    () => callerOfTheOp(ones([2])),
    ({ stack }: Error) => /at callerOfTheOp .*native-ops\.test/.test(stack!),
  );
});
