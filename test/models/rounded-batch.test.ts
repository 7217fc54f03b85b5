import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { roundedInput, roundedUp, withRows } from "../../lib/models/rounded-batch.js";
import { ones } from "../../lib/tensor/create.js";
import { scope } from "../../lib/tensor/scope.js";
import { inputOf } from "../support/golden.js";

test("lengths are rounded up to multiples of 32, longer ones to few lengths, at the cost of at most 1 token in 32", () => {
  assert.deepEqual([1, 32, 33, 1000].map(roundedUp), [32, 32, 64, 1024]);
  for (let tokens = 1024; tokens < 20_000; tokens++) {
    const added = roundedUp(tokens) - tokens;
    assert.ok(added >= 0 && added < tokens / 32, `${tokens} tokens became ${tokens + added}`);
  }
  const lengths = new Set(Array.from({ length: 1000 }, (_, index) => roundedUp(3000 + index)));
  assert.ok(lengths.size <= 17, `1,000 lengths became ${lengths.size}`);
});

test("the added rows are zeros, in a sequence of their own where that is not the longest", () => {
  scope(() => {
    const sequence = (length: number) => ({
      inputIds: new Int32Array(length).fill(5),
      tokenTypeIds: new Uint8Array(length),
    });
    const input = roundedInput(inputOf([sequence(40), sequence(5)]));
    const hidden = withRows(ones([45, 4]), input.rowIds.size);
    assert.deepEqual(hidden.shape, [64, 4]);
    assert.equal(hidden.narrow(0, 0, 45).sum().item(), 45 * 4);
    assert.equal(hidden.narrow(0, 45, 19).abs().sum().item(), 0);
    assert.deepEqual([...input.cuSeqlens.toArray()], [0, 40, 45, 64]);
    assert.equal(input.maxSeqlen, 40);
    assert.equal(input.rowIds.size, 64);

    const whole = inputOf([sequence(64)]);
    assert.equal(roundedInput(whole), whole);
    const full = ones([64, 4]);
    assert.equal(withRows(full, 64), full);
  });
});

test("no added sequence is longer than the batch's own", () => {
  scope(() => {
    const lengths = Array.from({ length: 256 }, () => 129); // 33,024 tokens: rounded up to a multiple of 1,024
    const sequences = lengths.map((length) => ({
      inputIds: new Int32Array(length),
      tokenTypeIds: new Uint8Array(length),
    }));
    const { cuSeqlens, maxSeqlen } = roundedInput(inputOf(sequences));
    const ends = [...cuSeqlens.toArray()];
    const rounded = ends.slice(1).map((end, index) => end - ends[index]!);
    assert.deepEqual(rounded, [...lengths, ...Array.from({ length: 5 }, () => 129), 123]);
    assert.equal(maxSeqlen, 129);
  });
});
