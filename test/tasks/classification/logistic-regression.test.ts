import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom } from "../../../lib/counter-random.js";
import { logisticRegression } from "../../../lib/tasks/classification/contrastive/logistic-regression.js";
import { goldenJson } from "../../support/golden.js";
import { processorClock } from "../../support/processor-time.js";
import { assertClose } from "../../support/tolerance.js";

interface Golden {
  models: {
    vectors: number[][];
    classes: number[];
    classCount: number;
    /** Of two classes scikit-learn has one row: of the second's logit less the first's. */
    coefficients: number[][]; // [C or 1, D]
    intercepts: number[]; // [C or 1]
    probabilities: number[][]; // [N, C]
  }[];
}

const CLOSE = { absolute: 1e-5 };

for (const { vectors, classes, classCount, ...wanted } of goldenJson<Golden>("logistic.json").models) {
  test(`the layer that tells ${classCount} classes is scikit-learn's`, async () => {
    const { weights, biases } = await logisticRegression({ vectors, classes, classCount });
    const width = vectors[0]!.length;
    const rows = Array.from({ length: classCount }, (_, id) => weights.slice(id * width, (id + 1) * width));
    if (classCount === 2) {
      const apart = rows[1]!.map((weight, column) => weight - rows[0]![column]!);
      assertClose(apart, wanted.coefficients[0]!, CLOSE);
      assertClose([biases[1]! - biases[0]!], wanted.intercepts, CLOSE);
    } else {
      assertClose(weights, wanted.coefficients.flat(), CLOSE);
      const shift = biases[0]! - wanted.intercepts[0]!; // which changes no probability
      assertClose(
        biases.map((bias) => bias - shift),
        wanted.intercepts,
        CLOSE,
      );
    }
    const probabilities = vectors.flatMap((vector) => {
      const logits = rows.map((row, id) =>
        row.reduce((sum, weight, column) => sum + weight * vector[column]!, biases[id]!),
      );
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      return logits.map((logit) => Math.exp(logit) / sum);
    });
    assertClose(probabilities, wanted.probabilities.flat(), CLOSE);
  });
}

test("what is no number is refused, and an abort ends the search", async () => {
  const points = { classes: [0, 1], classCount: 2 };
  await assert.rejects(logisticRegression({ ...points, vectors: [[1], [Number.NaN]] }), {
    code: "ERR_NON_FINITE",
    message: /for number 2$/,
  });
  const aborted = AbortSignal.abort(new Error("enough"));
  await assert.rejects(logisticRegression({ ...points, vectors: [[1], [2]] }, aborted), /enough/);
});

test("vectors that tell nothing are left to the biases: the classes come as often as in the rows", async () => {
  const { weights, biases } = await logisticRegression({
    vectors: [[0], [0], [0], [0]],
    classes: [0, 0, 0, 1],
    classCount: 2,
  });
  assert.deepEqual([...weights], [0, 0]);
  assertClose([biases[0]! - biases[1]!], [Math.log(3)], CLOSE);
});

test("the layer of 512 vectors of 384 numbers is found in less than 3 s of the processor", async () => {
  const random = new CounterRandom(1, 0);
  const [count, width, classCount] = [512, 384, 8];
  const numbers = (stream: number) =>
    Float64Array.from({ length: width }, (_, column) => random.uniform(stream * width + column) - 0.5);
  const centres = Array.from({ length: classCount }, (_, id) => numbers(id));
  const classes = Array.from({ length: count }, (_, row) => row % classCount);
  const vectors = classes.map((id, row) => {
    const vector = numbers(classCount + row).map((value, column) => value + centres[id]![column]! / 2);
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
  const seconds = processorClock();
  await logisticRegression({ vectors, classes, classCount });
  assert.ok(seconds() < 3, `${seconds()} s`);
});
