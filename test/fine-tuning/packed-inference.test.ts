import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { PackedInference } from "../../lib/inference/packed-inference.js";
import { full } from "../../lib/tensor/create.js";
import { liveTensors } from "../../lib/tensor/process.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

const whyNonFinite = () => "why";

/** A sequence of `length` tokens, all of them `id`. */
function sequence(id: number, length: number) {
  return { inputIds: new Int32Array(length).fill(id), tokenTypeIds: new Uint8Array(length) };
}

/** Gives back each token's id, and remembers how many sequences each batch had. */
function echo(rowsPer: "token" | "sequence" = "token") {
  const batches: number[] = [];
  const inference = new PackedInference({
    run({ inputIds, cuSeqlens }): Tensor {
      batches.push(cuSeqlens.size - 1);
      const rows =
        rowsPer === "token" ? inputIds : inputIds.indexSelect(0, cuSeqlens.narrow(0, 0, batches.at(-1)!));
      return rows.to("float32").unsqueeze(1);
    },
    rowsPer,
    device: "cpu",
    whyNonFinite,
  });
  return { batches, inference };
}

test("each sequence gets the rows of its own tokens, in order", async () => {
  const { inference } = echo();
  const outputs = await inference.infer([sequence(7, 3), sequence(9, 1), sequence(8, 2)], {});
  assert.deepEqual(
    outputs.map((rows) => [...rows]),
    [[7, 7, 7], [9], [8, 8]],
  );
  assert.deepEqual(await inference.infer([], {}), []);
});

test("calls that overlap share batches, and each gets its own sequences back", async () => {
  const { batches, inference } = echo("sequence");
  const calls = [1, 2, 3].map((id) => inference.infer([sequence(id, 5), sequence(10 * id, 4)], {}));
  const outputs = await Promise.all(calls);
  assert.deepEqual(
    outputs.map((own) => own.map(([id]) => id)),
    [
      [1, 10],
      [2, 20],
      [3, 30],
    ],
  );
  // The first call was alone when it began; the two that came meanwhile went together.
  assert.deepEqual(batches, [2, 4]);
});

test("a batch holds at most 4,096 tokens, and a longer sequence goes alone", async () => {
  const { batches, inference } = echo("sequence");
  const lengths = [2000, 2096, 1, 5000, 1];
  await inference.infer(
    lengths.map((length, id) => sequence(id, length)),
    {},
  );
  assert.deepEqual(batches, [2, 1, 1, 1]);
});

test("an aborted call rejects with the signal's reason, and the others go on", async () => {
  const { inference } = echo("sequence");
  const controller = new AbortController();
  const long = inference.infer(
    Array.from({ length: 50 }, () => sequence(1, 4000)),
    {},
    controller.signal,
  );
  const other = inference.infer([sequence(2, 3)], {});
  controller.abort(new Error("enough"));
  await assert.rejects(long, /enough/);
  assert.deepEqual(
    (await other).map(([id]) => id),
    [2],
  );
});

test("a call of one sequence beside a long call is in the batch after the one that is being computed", async () => {
  const { batches, inference } = echo("sequence");
  const done: string[] = [];
  const many = Array.from({ length: 40 }, (_, id) => sequence(id, 1000)); // ten batches
  const long = inference.infer(many, {}).then((outputs) => {
    done.push(`long after ${batches.length}`);
    return outputs;
  });
  const another = inference.infer(many, {}).then(() => done.push(`another after ${batches.length}`));
  await inference.infer([sequence(77, 3)], {}).then(() => done.push(`short after ${batches.length}`));
  const outputs = await long;
  await another;
  assert.deepEqual(done, ["short after 2", "long after 19", "another after 20"]);
  assert.deepEqual(
    outputs.map(([id]) => id),
    many.map((_, id) => id),
  );
});

test("an output that is not a finite number is an error, and nothing stays in memory", async () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const before = liveTensors();
    const inference = new PackedInference({
      run: ({ inputIds }) => full([inputIds.size, 1], value),
      rowsPer: "token",
      device: "cpu",
      whyNonFinite,
    });
    await assert.rejects(inference.infer([sequence(1, 2)], {}), {
      code: "ERR_NON_FINITE",
      message: "The model's output is not a finite number: why",
    });
    assert.equal(liveTensors(), before);
  }
});

test("only calls with the same options share a batch, and the forward pass is told them", async () => {
  const batches: string[] = [];
  const inference = new PackedInference<{ factor: number }>({
    run({ inputIds, cuSeqlens }, { factor }) {
      batches.push(`${cuSeqlens.size - 1} times ${factor}`);
      return inputIds.to("float32").mul(factor).unsqueeze(1);
    },
    rowsPer: ({ cuSeqlens }) => cuSeqlens,
    device: "cpu",
    whyNonFinite,
  });
  const calls = [3, 2, 3, 2, 2].map((factor, id) => inference.infer([sequence(id, 1)], { factor }));
  assert.deepEqual(
    (await Promise.all(calls)).map(([row]) => [...row!]),
    [[0], [2], [6], [6], [8]],
  );
  assert.deepEqual(batches, ["1 times 3", "3 times 2", "1 times 3"]);
});
