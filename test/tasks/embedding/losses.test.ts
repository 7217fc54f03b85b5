import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { NO_TEXT } from "../../../lib/tasks/embedding/examples.js";
import { type LossName, lossOf } from "../../../lib/tasks/embedding/losses.js";
import { tensor } from "../../../lib/tensor/create.js";
import { goldenPath } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

interface Golden {
  count: number;
  width: number;
  scores: number[];
  vectors: number[][];
  cases: {
    loss: LossName;
    value: number;
    gradients: number[][];
    columns: number;
    scored: boolean;
    dims?: number[];
  }[];
}

const golden: Golden = JSON.parse(readFileSync(goldenPath("vector-losses.json"), "utf8"));
const { count, width, scores, vectors } = golden;
const settings = { scale: 20, margin: 5 };

/** The vectors of some columns, to be differentiated by. */
function leaves(columns: number) {
  return vectors.slice(0, columns).map((values) => {
    const leaf = tensor(Float32Array.from(values), { shape: [count, width] });
    leaf.requiresGrad = true;
    return leaf;
  });
}

/** Numbers for texts that are all different. */
const apart = (columns: number) =>
  Array.from({ length: columns }, (_, column) =>
    Array.from({ length: count }, (_, row) => column * count + row),
  );

for (const { loss, value, gradients, columns, scored, dims = [] } of golden.cases) {
  const what = `${loss} of ${columns} columns${dims.length > 0 ? `, of ${dims.join(", ")} numbers,` : ""}`;
  test(`${what} and its gradients are sentence-transformers'`, () => {
    const inputs = leaves(columns);
    const rows = { columns: inputs, texts: apart(columns), ...(scored && { scores }) };
    const made = lossOf({ loss, settings, dims }, rows);
    made.backward();
    assert.ok(Math.abs(made.item() - value) <= 1e-5 * Math.max(1, value), `${made.item()} for ${value}`);
    for (const [column, wanted] of gradients.entries()) {
      const received = inputs[column]!.grad!.toArray();
      const largest = Math.max(...wanted.map(Math.abs));
      // Both round to float32, in another order.
      for (const [index, number] of wanted.entries())
        assert.ok(Math.abs(received[index]! - number) <= 1e-4 * largest, `column ${column}, number ${index}`);
    }
  });
}

test("a text that is right for an anchor is no wrong answer to it in another row", () => {
  // Rows 0 and 1 ask the same; row 2's positive is row 0's, too.
  const texts = [
    [0, 0, 1, 2, 3, 4],
    [10, 11, 10, 12, 13, 14],
  ];
  const inputs = leaves(2);
  const made = lossOf({ loss: "multiple-negatives-ranking", settings, dims: [] }, { columns: inputs, texts });
  const cosines = cosinesOf(vectors[0]!, vectors[1]!);
  const excluded = (row: number, candidate: number) =>
    candidate !== row && texts[1]![candidate] === texts[1]![row];
  const losses = cosines.map((own, row) => {
    const counted = own.filter((_, candidate) => !excluded(row, candidate));
    return Math.log(counted.reduce((sum, cosine) => sum + Math.exp(20 * cosine), 0)) - 20 * own[row]!;
  });
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / count;
  assert.ok(Math.abs(made.item() - mean) < 1e-5 * mean, `${made.item()} for ${mean}`);
});

test("a negative that was not found counts for nothing, and has no gradient", () => {
  const none = Array.from({ length: count }, () => NO_TEXT);
  for (const loss of ["multiple-negatives-ranking", "multiple-negatives-symmetric-ranking"] as const) {
    const [given, more] = [leaves(2), leaves(3)];
    const wanted = lossOf({ loss, settings, dims: [] }, { columns: given, texts: apart(2) });
    const made = lossOf({ loss, settings, dims: [] }, { columns: more, texts: [...apart(2), none] });
    for (const value of [wanted, made]) value.backward();
    assert.ok(Math.abs(made.item() - wanted.item()) < 1e-6);
    for (const [column, { grad }] of given.entries())
      assertClose(more[column]!.grad!.toArray(), grad!.toArray(), { absolute: 1e-6 }, loss);
    assert.ok(more[2]!.grad!.toArray().every((number) => number === 0));
  }
  const [, , row] = apart(3);
  const lacking = row!.with(1, NO_TEXT);
  const triplet = (negatives: number[]) =>
    lossOf(
      { loss: "triplet", settings, dims: [] },
      { columns: leaves(3), texts: [...apart(2), negatives] },
    ).item();
  const alone = row!.map((text, place) => (place === 1 ? text : NO_TEXT));
  assert.ok(Math.abs(triplet(lacking) + triplet(alone) - triplet(row!)) < 1e-6);
  assert.equal(triplet(none), 0);
});

/** Of each vector of `a` with each of `b`. */
function cosinesOf(a: readonly number[], b: readonly number[]): number[][] {
  const rowOf = (values: readonly number[], row: number) => values.slice(row * width, (row + 1) * width);
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, index) => sum + value * y[index]!, 0);
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: count }, (_, j) => {
      const [x, y] = [rowOf(a, i), rowOf(b, j)];
      return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
    }),
  );
}
