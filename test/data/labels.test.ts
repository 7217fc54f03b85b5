import assert from "node:assert/strict";
import { test } from "node:test";
import { labelIds, labelSets, trainingLabels } from "../../lib/data/labels.js";

test("labels that are all integers are sorted as numbers, others by code unit", () => {
  assert.deepEqual(trainingLabels(["10", "9", "-1", "9", "0"]), ["-1", "0", "9", "10"]);
  assert.deepEqual(trainingLabels(["10", "9", "x"]), ["10", "9", "x"]);
  assert.deepEqual(trainingLabels(["b", "B", "é", "a"]), ["B", "a", "b", "é"]);
});

test("labels given keep their order, those that no row has among them", () => {
  assert.deepEqual(trainingLabels(["yes", "no"], ["yes", "perhaps", "no"]), ["yes", "perhaps", "no"]);
});

test("rows of one class only, and labels given twice, are refused", () => {
  assert.throws(() => trainingLabels(["a", "a"]), {
    code: "ERR_DATA",
    message: 'training rows: Expected at least two different labels but received only "a"',
  });
  assert.throws(() => trainingLabels(["a"], ["a", "b"]), { code: "ERR_DATA" });
  assert.throws(() => trainingLabels(["a", "b"], ["a", "b", "a"]), {
    code: "ERR_OPTION",
    message: /for labels/,
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
