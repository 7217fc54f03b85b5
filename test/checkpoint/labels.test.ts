import assert from "node:assert/strict";
import { test } from "node:test";
import { labelFields, NO_LABELS, storedLabels } from "../../lib/checkpoint/labels.js";
import { parseModelConfig } from "../../lib/models/model-config.js";
import { taskOf } from "../../lib/tasks/find-spec.js";

const CLASSIFIER = { architectures: ["BertForSequenceClassification"] };
const labelsOf = (json: object) => storedLabels(parseModelConfig(json, "dir/config.json"));
const refused = (json: object, message: RegExp) =>
  assert.throws(() => labelsOf(json), { code: "ERR_CHECKPOINT", message });

test("labels come in the order of their classes, whatever their order in the file", () => {
  assert.deepEqual(labelsOf({ id2label: { 1: "bad", 0: "good" } }), ["good", "bad"]);
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, id) => [`${11 - id}`, `label ${11 - id}`]));
  assert.deepEqual(
    labelsOf({ id2label: many }),
    Array.from({ length: 12 }, (_, id) => `label ${id}`),
  );
});

test("without names they are transformers' own, as many as num_labels says, or two of a classifier", () => {
  assert.deepEqual(labelsOf({ ...CLASSIFIER, num_labels: 3 }), ["LABEL_0", "LABEL_1", "LABEL_2"]);
  assert.deepEqual(labelsOf(CLASSIFIER), ["LABEL_0", "LABEL_1"]);
  assert.deepEqual(labelsOf({ architectures: ["BertModel"] }), []);
});

test("names that are not one for each class from 0 are refused, with the file", () => {
  refused({ id2label: { 1: "a", 2: "b" } }, /^dir\/config\.json: Expected the classes 0 to 1 for id2label/);
  refused({ id2label: { 0: "a", 1: "b", 2: "a" } }, /^dir\/config\.json: .*id2label but received a twice/);
  refused({ id2label: { 0: "a", 1: "b" }, num_labels: 3 }, /Expected 3 names \(num_labels\) for id2label/);
  refused({ id2label: { 0: 1 } }, /^dir\/config\.json: id2label\.0: /);
});

test("what is saved says nothing of the number of labels that a checkpoint had", () => {
  for (const fields of [labelFields(["a", "b"]), NO_LABELS]) {
    const saved = JSON.parse(JSON.stringify({ num_labels: 5, _num_labels: 5, ...fields }));
    assert.ok(!("num_labels" in saved || "_num_labels" in saved));
  }
});

test("a model that does not name its class is what its problem_type says", () => {
  const labels = { id2label: { 0: "a", 1: "b", 2: "c" } };
  const taskFor = (json: object) => taskOf(parseModelConfig(json, "config.json"));
  assert.equal(taskFor({ ...labels, problem_type: "multi_label_classification" }), "multi-label");
  assert.equal(taskFor(labels), "classification");
  assert.equal(taskFor({}), null);
});
