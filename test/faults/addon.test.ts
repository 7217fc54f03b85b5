import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LibbertError } from "../../lib/errors.js";
import { native } from "../../lib/tensor/native.js";
import type { NativeOps, TensorHandle } from "../../lib/tensor/native-ops.js";
import { argumentsFor, type Drawn, handleOf, leaf, nothingSuits, THROWN } from "./addon-arguments.js";
import { tries } from "./tries.js";

// Every op of the addon is called with arguments that are right, wrong and absurd. It returns or throws a LibbertError:
// a crash would end this process.

/** `add(x: TensorHandle, y: …): …` → its parameters with their types. */
function parametersOf(signature: string): {
  op: keyof NativeOps;
  parameters: { name: string; type: string }[];
} {
  const open = signature.indexOf("(");
  const list = signature.slice(open + 1, signature.lastIndexOf("): "));
  const parameters = [
    ...list.matchAll(/(\w+): ((?:\([^()]*\)(?: => [\w |]+)?|new \(.*?\) => \w+|[^,])+)(?:, |$)/g),
  ];
  return {
    op: signature.slice(0, open) as keyof NativeOps,
    parameters: parameters.map(([, name, type]) => ({ name: name!, type: type! })),
  };
}

/** Every handle that is reachable is one that the ops take. */
function useUp(result: unknown): void {
  for (const handle of [result].flat().filter((one) => typeof one === "object" && one !== null)) {
    if (handle instanceof ArrayBuffer) continue;
    native.shape(handle as TensorHandle);
    native.dtype(handle as TensorHandle);
    native.toBytes(handle as TensorHandle);
    if (native.requiresGrad(handle as TensorHandle)) {
      const gradient = native.full(
        native.shape(handle as TensorHandle),
        1,
        native.dtype(handle as TensorHandle),
        "cpu",
      );
      native.backward(handle as TensorHandle, gradient);
    }
  }
}

function call(op: keyof NativeOps, args: readonly Drawn[]): void {
  try {
    useUp((native[op] as (...args: unknown[]) => unknown)(...args.map((one) => one.make())));
  } catch (error) {
    const isRefusal = error instanceof LibbertError || error === THROWN || error instanceof RangeError;
    assert.ok(isRefusal, `${op}(${args.join(", ")}) threw ${error}`);
  } finally {
    native.setGradEnabled(true);
    native.setNumThreads(2);
    native.setErrorClass(LibbertError);
  }
}

for (const signature of native.opSignatures) {
  const { op, parameters } = parametersOf(signature);
  const pools = parameters.map((parameter) => argumentsFor(op, parameter));
  test(`${op} returns or throws a LibbertError, whatever it is given`, () => {
    const argument = (pool: Drawn[]) =>
      pool.length === 0
        ? fc.constantFrom(...nothingSuits)
        : fc.oneof(
            { weight: 7, arbitrary: fc.constantFrom(...pool) },
            { weight: 1, arbitrary: fc.constantFrom(...nothingSuits) },
          );
    fc.assert(
      fc.property(fc.tuple(...pools.map(argument)), (args) => call(op, args as Drawn[])),
      { numRuns: tries(8, 500) },
    );
    call(op, []);
    call(op, [...nothingSuits, ...nothingSuits]);
  });
}

test("a tensor cannot be sent to another thread", () => {
  const handle = handleOf([2], "float32");
  for (const message of [handle, { handle }, [handle]]) {
    assert.throws(() => structuredClone(message), { name: "DataCloneError" });
    assert.throws(() => new MessageChannel().port1.postMessage(message), { name: "DataCloneError" });
  }
});

test("a weight whose memory is exchanged between forward and backward is refused by backward, of any shape", () => {
  for (const shape of [[3, 2], [2, 3], [1]]) {
    const [weight, x] = [leaf([3, 2]), leaf([4, 2])];
    const output = native.linear(x, weight, null);
    try {
      native.setData(weight, handleOf(shape, "float32"));
    } catch (error) {
      assert.match(String(error), /LibbertError: setData: Expected the shape of x, \[3, 2\]/);
      continue;
    }
    const refusal = { code: "ERR_TENSOR", message: /as they were in the forward pass/ };
    assert.throws(() => native.backward(output, handleOf([4, 3], "float32")), refusal);
  }
});
