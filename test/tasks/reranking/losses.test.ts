import assert from "node:assert/strict";
import { test } from "node:test";
import { type LossChoice, lossCount, lossSum } from "../../../lib/tasks/reranking/losses.js";
import { tensor } from "../../../lib/tensor/create.js";
import { goldenJson } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

interface Case {
  loss: LossChoice["loss"];
  posWeight?: number;
  labels: number[];
  value: number;
  gradient: number[];
}
const golden = goldenJson<{ lengths: number[]; outputs: number[]; cases: Case[] }>("ranking.json");
const bounds = Int32Array.of(0, ...golden.lengths);
for (let list = 1; list < bounds.length; list++) bounds[list]! += bounds[list - 1]!;

/** The loss of all lists, and its gradient by the outputs. */
function made(choice: LossChoice, labels: Float64Array) {
  const logits = tensor(Float32Array.from(golden.outputs));
  logits.requiresGrad = true;
  const loss = lossSum(choice, { logits, labels, bounds }).div(lossCount(choice, { labels, bounds }));
  loss.backward();
  return { value: loss.item(), gradient: logits.grad!.toArray() };
}

for (const [index, { loss, posWeight, labels, value, gradient }] of golden.cases.entries()) {
  const weight = posWeight === undefined ? "" : ` with posWeight ${posWeight}`;
  test(`${loss}${weight} and its gradient are sentence-transformers' (case ${index})`, () => {
    const choice = loss === "binary-cross-entropy" ? { loss, posWeight: posWeight ?? 1 } : { loss };
    const received = made(choice, Float64Array.from(labels));
    assertClose([received.value], [value], { relative: 1e-5 });
    assertClose(received.gradient, gradient, { absolute: 1e-6, relative: 1e-4 });
  });
}

test("lists whose labels are all alike have no pair for lambda", () => {
  const labels = new Float64Array(golden.outputs.length).fill(1);
  assert.equal(lossCount({ loss: "lambda" }, { labels, bounds }), 0);
  const logits = tensor(Float32Array.from(golden.outputs));
  assert.equal(lossSum({ loss: "lambda" }, { logits, labels, bounds }).item(), 0);
});

test("list-net looks at the differences of labels alone, however large they are", () => {
  const labels = Float64Array.from(golden.cases.findLast(({ loss }) => loss === "list-net")!.labels);
  const { value } = made({ loss: "list-net" }, labels);
  const moved = made(
    { loss: "list-net" },
    labels.map((label) => label - 2000),
  );
  assert.ok(Math.abs(moved.value - value) < 1e-5 * value);
});
