import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClassScores } from "../../../lib/metrics/classification.js";
import { entityReport } from "../../../lib/tasks/token-classification/entity-scores.js";
import { entitiesOf, strictEntitiesOf } from "../../../lib/tasks/token-classification/entity-spans.js";
import type { EntitySpan, TaggingScheme } from "../../../lib/tasks/token-classification/scheme.js";
import { goldenJson } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

/** Tags that should be and that are, sentences apart by "|"; seqeval's scores in its default and its strict mode. */
type Case = [expected: string, predicted: string, byDefault: string, strict: string];
const golden = goldenJson<Record<TaggingScheme, Case[]>>("entities.json");

const tagged = (text: string) =>
  text.split("|").map((sentence) => sentence.split(" ").filter((tag) => tag !== ""));

/** "1/2 1 2/3 4" */
function numbersIn(text: string): number[] {
  return text.split(" ").map((fraction) => {
    const [numerator, denominator = "1"] = fraction.split("/");
    return Number(numerator) / Number(denominator);
  });
}

const scoresIn = ({ precision, recall, f1, support }: ClassScores) => [precision, recall, f1, support];

function assertScores(
  [expected, predicted]: Case,
  stored: string,
  read: (tags: string[]) => EntitySpan[],
): void {
  const report = entityReport(tagged(expected).map(read), tagged(predicted).map(read));
  const [all, ...types] = stored.split("; ");
  const what = `${expected} / ${predicted}`;
  // Fractions of small numbers: rounding is all that can differ.
  const tolerance = { absolute: 1e-15 };
  assertClose(scoresIn(report), numbersIn(all!), tolerance, what);
  const names = types.map((row) => row.slice(0, row.indexOf(" ")));
  assert.deepEqual(Object.keys(report.types), names, what);
  for (const [index, name] of names.entries()) {
    assertClose(
      scoresIn(report.types[name]!),
      numbersIn(types[index]!.slice(name.length + 1)),
      tolerance,
      what,
    );
  }
}

for (const scheme of ["BIO", "IOB1", "BIOES"] as const) {
  test(`1,000 random taggings in ${scheme} score as in seqeval's default mode`, () => {
    assert.equal(golden[scheme].length, 1000);
    for (const row of golden[scheme]) assertScores(row, row[2], entitiesOf);
  });

  test(`1,000 random taggings in ${scheme} score as in seqeval's strict mode`, () => {
    for (const row of golden[scheme]) assertScores(row, row[3], (tags) => strictEntitiesOf(tags, scheme));
  });
}

test("the golden cases tell the modes apart, and hold empty sentences and texts without entities", () => {
  for (const cases of [golden.BIO, golden.IOB1, golden.BIOES]) {
    assert.ok(cases.filter(([, , byDefault, strict]) => byDefault !== strict).length > 300);
    assert.ok(cases.some(([expected]) => tagged(expected).some((tags) => tags.length === 0)));
    assert.ok(cases.some(([, , byDefault]) => byDefault === "0 0 0 0"));
  }
});

test("an entity is found where type, first and last word are right, each sentence by itself", () => {
  const entity = (type: string, start: number, end: number) => ({ type, start, end });
  const expected = [[entity("person", 0, 2), entity("place", 3, 4)], [entity("person", 0, 2)]];
  const predicted = [[entity("person", 0, 2), entity("place", 3, 5)], [entity("place", 0, 2)]];
  const { types, ...all } = entityReport(expected, predicted);
  assert.deepEqual(all, { precision: 1 / 3, recall: 1 / 3, f1: 1 / 3, support: 3 });
  assert.deepEqual(types, {
    person: { precision: 1, recall: 1 / 2, f1: 2 / 3, support: 2 },
    place: { precision: 0, recall: 0, f1: 0, support: 1 },
  });
});

test("without any sentence every score is 0", () => {
  assert.deepEqual(entityReport([], []), { precision: 0, recall: 0, f1: 0, support: 0, types: {} });
});
