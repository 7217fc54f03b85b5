import assert from "node:assert/strict";
import { test } from "node:test";
import { labelIds, labelSets, labelText, trainingLabels } from "../../lib/data/labels.js";

test("labels that are all integers are sorted as numbers, others by code unit", () => {
  assert.deepEqual(trainingLabels(["10", "9", "-1", "9", "0"]), ["-1", "0", "9", "10"]);
  assert.deepEqual(trainingLabels(["10", "9", "x"]), ["10", "9", "x"]);
  assert.deepEqual(trainingLabels(["b", "B", "é", "a"]), ["B", "a", "b", "é"]);
});

test("labels given keep their order, those that no row has among them", () => {
  assert.deepEqual(trainingLabels(["yes", "no"], { given: ["yes", "perhaps", "no"] }), [
    "yes",
    "perhaps",
    "no",
  ]);
});

test("rows of one class only are refused, unless each label is decided by itself", () => {
  assert.throws(() => trainingLabels(["a", "a"]), {
    code: "ERR_DATA",
    message: 'training rows: Expected at least two different labels but received only "a"',
  });
  assert.throws(() => trainingLabels(["a"], { given: ["a", "b"] }), { code: "ERR_DATA" });
  assert.deepEqual(trainingLabels(["a", "a"], { fewest: 1 }), ["a"]);
  assert.throws(() => trainingLabels([], { fewest: 1 }), {
    message: "training rows: Expected at least one label but received none",
  });
});

test("a label's id is its location in the list", () => {
  const rows = { labels: ["no", "yes", "no"], locations: ["row 1", "row 2", "row 3"] };
  assert.deepEqual(labelIds(rows, ["no", "yes"]), [0, 1, 0]);
});

test("a label that the model does not know is named by location with the labels that are known", () => {
  const locations = ["dev.tsv, line 2", "dev.tsv, line 3"];
  assert.throws(() => labelIds({ labels: ["no", "maybe"], locations }, ["no", "yes"]), {
    code: "ERR_DATA",
    message: 'dev.tsv, line 3: Expected one of the labels "no", "yes" but received "maybe"',
  });
});

test("a row's labels become ones at their locations in the list, and none are all zeros", () => {
  const rows = { labels: [["c", "a"], [], ["b"]], locations: ["row 1", "row 2", "row 3"] };
  assert.deepEqual(
    labelSets(rows, ["a", "b", "c"]).map((set) => [...set]),
    [
      [1, 0, 1],
      [0, 0, 0],
      [0, 1, 0],
    ],
  );
  assert.throws(() => labelSets(rows, ["a", "c"]), {
    code: "ERR_DATA",
    message: 'row 3: Expected one of the labels "a", "c" but received "b"',
  });
});

test("a label has no white space around it and is in Unicode's composed form", () => {
  for (const blank of [" pos", "pos ", "\u00a0pos\u00a0", "pos\r", "\ufeffpos", "\tpos\u3000"])
    assert.equal(labelText(blank, "row 1"), "pos");
  assert.equal(labelText("cafe\u0301", "row 1"), "caf\u00e9");
  assert.deepEqual(
    [1, -0, 0.5, true, 10n].map((value) => labelText(value, "row 1")),
    ["1", "0", "0.5", "true", "10"],
  );
  for (const nothing of [undefined, null, "", "  ", "\u00a0\n"])
    assert.equal(labelText(nothing, "row 1"), null);
});

test("what is no label is refused with its location and what it is", () => {
  const cases: [unknown, string][] = [
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [{ name: "pos" }, "{ name: 'pos' }"],
    [["pos"], "an array of 1 element"],
    [new Date(0), "an object of Date"],
    [Symbol("pos"), "Symbol(pos)"],
  ];
  for (const [value, received] of cases)
    assert.throws(() => labelText(value, "train, row 7"), {
      code: "ERR_DATA",
      message: `train, row 7: Expected a string, finite number or boolean for the label but received ${received}`,
    });
});

test("a model's own labels are found as rows have them, whatever white space and form they have", () => {
  const rows = { labels: ["pos", "caf\u00e9"], locations: ["row 1", "row 2"] };
  assert.deepEqual(labelIds(rows, ["pos ", "cafe\u0301"]), [0, 1]);
});

test("labels that hardly are meant as they stand are told of, and kept", () => {
  const told: string[] = [];
  const labels = ["Pos", "pos", "nan", "neg"];
  assert.equal(trainingLabels(labels, { notify: (message) => told.push(message) }).length, labels.length);
  assert.deepEqual(told, [
    'labels that look as if they were the same: "Pos", "pos"',
    'labels that other programs write where there is none: "nan"',
  ]);
  assert.deepEqual(trainingLabels(["a", "b"], { notify: assert.fail }), ["a", "b"]);
});

test("an integer whose last digits JSON may have lost is no label", () => {
  assert.throws(() => labelText(2 ** 60, "row 1"), {
    code: "ERR_DATA",
    message:
      "row 1: Expected a text, or an integer up to 2^53, for the label but received a larger one, about 1152921504606847000",
  });
  assert.equal(labelText(2 ** 53 - 1, "row 1"), "9007199254740991");
  assert.equal(labelText(2n ** 60n, "row 1"), "1152921504606846976");
});
