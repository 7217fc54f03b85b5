import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { textWindows } from "../../../lib/features/text-windows.js";
import { windowNumbers } from "../../../lib/tasks/texts/long-texts.js";
import { pooledOutputs } from "../../../lib/tasks/texts/pooled-outputs.js";
import { tensor } from "../../../lib/tensor/create.js";

const FRAME = { open: [101], between: [102], close: [102], segments: true };

/** A text whose tokens are its places. */
function framedText(tokens: number): Int32Array {
  return Int32Array.from([101, ...Array.from({ length: tokens }, (_, place) => place + 1000), 102]);
}

test("every token of a text is in a window, neighbours share docStride, and none is longer than the model reads", () => {
  const sizes = fc.record({
    tokens: fc.nat(300),
    capacity: fc.integer({ min: 1, max: 40 }),
    share: fc.nat(39),
  });
  fc.assert(
    fc.property(sizes, ({ tokens, capacity, share }) => {
      const docStride = share % capacity;
      const maxLength = capacity + 2;
      const windows = textWindows(
        { inputIds: framedText(tokens) },
        { pooling: "mean", docStride },
        { frame: FRAME, maxLength, location: "row 1" },
      );
      const bodies = windows.map(({ inputIds }) => {
        assert.ok(inputIds.length <= maxLength);
        assert.deepEqual([inputIds[0], inputIds.at(-1)], [101, 102]);
        return [...inputIds.slice(1, -1)];
      });
      const whole = bodies.flatMap((body, window) => (window === 0 ? body : body.slice(docStride)));
      assert.deepEqual(whole, [...framedText(tokens).slice(1, -1)]);
      for (const [window, body] of bodies.slice(1).entries())
        assert.deepEqual(body.slice(0, docStride), bodies[window]!.slice(bodies[window]!.length - docStride));
      if (tokens <= capacity) assert.equal(windows.length, 1);
    }),
    { numRuns: 300 },
  );
});

test("a text of more windows than have numbers is refused with its place", () => {
  const where = { frame: FRAME, maxLength: 3, location: "data.tsv, line 7" };
  const longTexts = { pooling: "mean", docStride: 0 } as const;
  assert.equal(textWindows({ inputIds: framedText(1024) }, longTexts, where).length, 1024);
  assert.throws(() => textWindows({ inputIds: framedText(1025) }, longTexts, where), {
    code: "ERR_DATA",
    message:
      "data.tsv, line 7: Expected a text of at most 1024 tokens, which windows of 3 hold but received 1025",
  });
});

test("no two windows have the same number, and a text's first has the text's", () => {
  const numbers = [5, 6].flatMap((row) => windowNumbers(row, 3));
  assert.equal(new Set(numbers).size, 6);
  assert.equal(numbers[0], 5);
  assert.ok(numbers.every((number) => number < 2 ** 43)); // as packSequences needs them
});

test("outputs are pooled text by text, and gradients go to the windows that they are of", () => {
  const windows = tensor([1, 8, 3, 2, 5, 5], { shape: [3, 2] });
  windows.requiresGrad = true;
  const mean = pooledOutputs(windows, [2, 1], { pooling: "mean" });
  assert.deepEqual([...mean.toArray()], [2, 5, 5, 5]);
  mean.sum().backward();
  assert.deepEqual([...windows.grad!.toArray()], [0.5, 0.5, 0.5, 0.5, 1, 1]);
  windows.grad = null;
  const max = pooledOutputs(windows, [2, 1], { pooling: "max" });
  assert.deepEqual([...max.toArray()], [3, 8, 5, 5]);
  max.sum().backward();
  assert.deepEqual([...windows.grad!.toArray()], [0, 1, 1, 0, 1, 1]);
  assert.equal(pooledOutputs(windows, [1, 1, 1], { pooling: "max" }), windows); // none is long
});
