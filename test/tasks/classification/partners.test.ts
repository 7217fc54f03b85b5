import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drawPartners, partnersOf } from "../../../lib/tasks/classification/contrastive/partners.js";

const LABELS = ["a", "b", "c", "d", "e"];

/** Classes of rows in any order, each at least twice. */
const someClasses = fc
  .array(fc.integer({ min: 2, max: 4 }), { minLength: 2, maxLength: LABELS.length })
  .chain((counts) => {
    const classes = counts.flatMap((count, id) => Array.from({ length: count }, () => id));
    return fc.shuffledSubarray(classes, { minLength: classes.length });
  });

const labelsOf = (classes: readonly number[]) => LABELS.slice(0, Math.max(...classes) + 1);

test("a row's partners are another row of its class and one of another class, and each of these can be drawn", () => {
  fc.assert(
    fc.property(someClasses, (classes) => {
      const partners = partnersOf(classes, labelsOf(classes));
      for (const row of classes.keys()) {
        const others = [...classes.keys()].filter((other) => other !== row);
        const same = others.filter((other) => classes[other] === classes[row]);
        const apart = others.filter((other) => classes[other] !== classes[row]);
        const drawn = (wanted: readonly number[], which: "same" | "other") =>
          wanted.map((_, index) => {
            const uniform = (index + 0.5) / wanted.length;
            return drawPartners(partners, row, [uniform, uniform])[which];
          });
        assert.deepEqual(
          drawn(same, "same").sort((a, b) => a - b),
          same,
        );
        assert.deepEqual(
          drawn(apart, "other").sort((a, b) => a - b),
          apart,
        );
      }
    }),
    { numRuns: 50 },
  );
});

test("a label of fewer than two rows is refused by its name", () => {
  for (const [classes, message] of [
    [[0, 1, 0, 0], '1 of "b"'],
    [[0, 0, 0, 0], '0 of "b"'],
  ] as const)
    assert.throws(() => partnersOf(classes, ["a", "b"]), {
      code: "ERR_DATA",
      message: `training rows: Expected at least two rows of each label, as pairs are made of them, but received ${message}`,
    });
});
