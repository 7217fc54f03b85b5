import assert from "node:assert/strict";
import { test } from "node:test";
import { softLossSum } from "../../lib/tasks/class-loss.js";
import { type LossName, lossOf } from "../../lib/tasks/embedding/losses.js";
import { softDecisionsSum } from "../../lib/tasks/multi-label/soft-decisions.js";
import { lossCount, lossSum } from "../../lib/tasks/reranking/losses.js";
import { tensor } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { goldenJson } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

interface Made {
  value: number;
  gradient: number[];
}
interface MadeOfColumns {
  value: number;
  gradients: number[][];
}
interface Golden {
  count: number;
  width: number;
  vectors: {
    columns: number[][];
    taught: number[];
    scores: number[][];
    mse: MadeOfColumns;
    "margin-mse": MadeOfColumns[];
  };
  scores: { outputs: number[]; taught: number[]; documents: number; mse: Made; "margin-mse": Made };
  logits: {
    own: number[];
    taught: number[];
    classes: number;
    divergence: (Made & { temperature: number })[];
    binary: (Made & { temperature: number })[];
  };
}

const { count, width, vectors, scores, logits } = goldenJson<Golden>("distillation.json");

/** Both round to float32, in another order. */
const GRADIENTS = { absolute: 1e-7, relative: 1e-4 };

function leafOf(values: readonly number[], shape: readonly number[]): Tensor {
  const leaf = tensor(Float32Array.from(values), { shape });
  leaf.requiresGrad = true;
  return leaf;
}

function assertMade(loss: Tensor, leaves: readonly Tensor[], value: number, gradients: readonly number[][]) {
  loss.backward();
  assertClose([loss.item()], [value], { relative: 1e-5 });
  for (const [index, wanted] of gradients.entries())
    assertClose(leaves[index]!.grad!.toArray(), wanted, GRADIENTS);
}

const rowsOf = (values: readonly number[], size: number) =>
  Array.from({ length: values.length / size }, (_, row) =>
    Float32Array.from(values.slice(row * size, (row + 1) * size)),
  );

/** What losses of vectors are told, with answers for each column. */
function ofColumns(loss: LossName, columns: readonly Tensor[], answers: Float32Array[][]) {
  const texts = columns.map((_, column) =>
    Int32Array.from({ length: count }, (_, row) => column * count + row),
  );
  return lossOf({ loss, settings: { scale: 20, margin: 5 }, dims: [] }, { columns, texts, answers });
}

test("the loss of a teacher's vectors and its gradient are sentence-transformers'", () => {
  const leaf = leafOf(vectors.columns[0]!, [count, width]);
  const { value, gradients } = vectors.mse;
  assertMade(ofColumns("mse", [leaf], [rowsOf(vectors.taught, width)]), [leaf], value, gradients);
});

test("the loss of a teacher's margins and its gradients are sentence-transformers', of one negative and of two", () => {
  const scored = vectors.scores.map((column) => rowsOf(column, 1));
  for (const [index, { value, gradients }] of vectors["margin-mse"].entries()) {
    const leaves = vectors.columns.slice(0, 3 + index).map((column) => leafOf(column, [count, width]));
    const answers = [[], ...scored.slice(0, 2 + index)];
    assertMade(ofColumns("margin-mse", leaves, answers), leaves, value, gradients);
  }
});

for (const loss of ["mse", "margin-mse"] as const) {
  test(`${loss} of a ranker's scores and its gradient are sentence-transformers'`, () => {
    const leaf = leafOf(scores.outputs, [scores.outputs.length]);
    const labels = Float64Array.from(scores.taught);
    const bounds = Int32Array.from({ length: count + 1 }, (_, query) => query * scores.documents);
    const choice = { loss };
    const made = lossSum(choice, { logits: leaf, labels, bounds }).div(lossCount(choice, { labels, bounds }));
    assertMade(made, [leaf], scores[loss].value, [scores[loss].gradient]);
  });
}

for (const { temperature, value, gradient } of logits.divergence) {
  test(`the divergence from a teacher's probabilities at temperature ${temperature} and its gradient are PyTorch's`, () => {
    const shape = [count, logits.classes];
    const leaf = leafOf(logits.own, shape);
    const taught = tensor(Float32Array.from(logits.taught), { shape });
    assertMade(softLossSum(leaf, taught, temperature).div(count), [leaf], value, [gradient]);
  });
}

test("logits and log-probabilities of a teacher teach the same", () => {
  const shape = [count, logits.classes];
  const [own, taught] = [logits.own, logits.taught].map((one) => tensor(Float32Array.from(one), { shape }));
  const [ofLogits, ofLogProbabilities] = [taught!, taught!.logSoftmax(-1)].map((one) =>
    softLossSum(own!, one, 3).item(),
  );
  assert.ok(Math.abs(ofLogits! - ofLogProbabilities!) < 1e-5 * ofLogits!);
});

for (const { temperature, value, gradient } of logits.binary) {
  test(`the cross entropy with a teacher's decisions at temperature ${temperature} and its gradient are PyTorch's`, () => {
    const shape = [count, logits.classes];
    const leaf = leafOf(logits.own, shape);
    const taught = tensor(Float32Array.from(logits.taught), { shape });
    assertMade(softDecisionsSum(leaf, taught, temperature).div(count), [leaf], value, [gradient]);
  });
}
