import "../support/own-process.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { setTimeout as later } from "node:timers/promises";
import { ones, tensor } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { keep, scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

// Every test frees what it makes, so that the count starts and ends at the same number.
let before: number;
beforeEach(() => {
  before = native.liveTensors();
});
const assertLive = (made: number) => assert.equal(native.liveTensors() - before, made);

const isLive = (x: Tensor) => {
  try {
    return x.size > 0;
  } catch {
    return false;
  }
};

test("a scope frees intermediate tensors and keeps the one it returns", () => {
  using x = ones([2, 2]);
  using sum = scope(() => x.mul(2).add(1).sum());
  assertLive(2);
  assert.equal(sum.item(), 12);
});

test("a scope keeps tensors returned in arrays and plain objects, however deep", () => {
  const kept = scope(() => {
    ones([1]).add(1);
    return { list: [ones([1]), { inner: ones([1]) }], name: "other values stay as they are" };
  });
  assertLive(2);
  const [first, second] = kept.list as [Tensor, { inner: Tensor }];
  first.dispose();
  second.inner.dispose();
  assertLive(0);
});

test("what an inner scope returns belongs to the outer one", () => {
  let inner: Tensor | undefined;
  using result = scope(() => {
    inner = scope(() => ones([2]).add(1));
    assertLive(1);
    return inner.sum();
  });
  assert.equal(result.item(), 4);
  assert.equal(isLive(inner!), false);
  assertLive(1);
});

test("a scope returns a tensor from outside without taking it over", () => {
  using x = ones([2]);
  scope(() => {
    scope(() => x);
  });
  assert.equal(isLive(x), true);
});

test("a scope frees everything when its body throws, and passes the error on", () => {
  const thrown = new Error("from the body");
  assert.throws(
    () =>
      scope(() => {
        ones([2]).add(1);
        throw thrown;
      }),
    thrown,
  );
  assertLive(0);
  using x = ones([1]); // and the scope is closed: this one is nobody's
  assert.equal(isLive(x), true);
});

test("an asynchronous body is refused, even one that fails later", async () => {
  const body = async () => {
    const x = ones([2]);
    await later(1);
    return x.add(1); // x is gone by then: this rejects
  };
  assert.throws(() => scope(body), {
    code: "ERR_OPTION",
    message: /a synchronous function for the body of scope/,
  });
  assertLive(0);
  await later(10); // an unhandled rejection would end the test's process here
});

test("keep takes a tensor out of its scope", () => {
  let kept: Tensor | undefined;
  scope(() => {
    kept = keep(ones([2]).add(1));
  });
  assertLive(1);
  assert.deepEqual([...kept!.toArray()], [2, 2]);
  kept!.dispose();
});

test("backward after a scope finds what it needs of the freed tensors", () => {
  using x = tensor([1, 2, 3]);
  x.requiresGrad = true;
  scope(() => {
    const loss = scope(() => x.mul(2).exp().log().sum());
    loss.backward();
  });
  using gradient = x.grad!;
  // exp and log round once each.
  for (const value of gradient.toArray()) assert.ok(Math.abs(value - 2) < 1e-5, `${value}`);
  assertLive(2);
});

test("a tensor can be disposed twice, alone or inside a scope that ends later", () => {
  const x = ones([2]);
  x.dispose();
  x.dispose();
  assertLive(0);
  scope(() => ones([2]).dispose());
  assertLive(0);
});

test("`using` frees a tensor at the end of its block", () => {
  {
    using x = ones([2]);
    assertLive(1);
    assert.equal(x.size, 2);
  }
  assertLive(0);
});

test("use after dispose is an error that says so, as either operand", () => {
  const gone = ones([2]);
  gone.dispose();
  using x = ones([2]);
  assert.throws(() => gone.add(1), {
    message: "add: Expected a live tensor for x but received a disposed one",
  });
  assert.throws(() => x.add(gone), {
    message: "add: Expected a live tensor for y but received a disposed one",
  });
  assert.throws(() => gone.shape, /^LibbertError: shape: Expected a live tensor/);
});
