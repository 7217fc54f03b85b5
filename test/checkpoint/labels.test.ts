import assert from "node:assert/strict";
import { test } from "node:test";
import { labelFields, NO_LABELS, storedLabels, withLabels } from "../../lib/checkpoint/labels.js";
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
  assert.equal(labelsOf({ ...CLASSIFIER, num_labels: 1e6 }).length, 1e6, "in time with their number");
  assert.deepEqual(labelsOf({ architectures: ["BertModel"] }), []);
});

test("names that are not one for each class from 0 are refused, with the file", () => {
  refused({ id2label: { 1: "a", 2: "b" } }, /^dir\/config\.json: Expected the classes 0 to 1 for id2label/);
  refused({ id2label: { 0: "a", 1: "b", 2: "a" } }, /^dir\/config\.json: .*id2label but received a twice/);
  refused(
    { id2label: { 0: null } },
    /^dir\/config\.json: Expected a name for id2label\.0 but received null$/,
  );
  refused({ id2label: ["a"] }, /^dir\/config\.json: Expected a record for id2label but received \["a"\]$/);
  refused(
    { num_labels: 1e9 },
    /Expected at most 1000000 for num_labels, without id2label, but received 1000000000/,
  );
});

test("labels that are numbers are names, and the names count where num_labels says something else, as in transformers", () => {
  assert.deepEqual(labelsOf({ id2label: { 0: 0, 1: 1 } }), ["0", "1"]);
  assert.deepEqual(labelsOf({ id2label: { 0: true, 1: -0.5 } }), ["true", "-0.5"]);
  assert.deepEqual(labelsOf({ id2label: { 0: "a", 1: "b" }, num_labels: 3 }), ["a", "b"]);
  const one = parseModelConfig({ ...CLASSIFIER, id2label: { 0: "score" }, num_labels: 2 }, "config.json");
  assert.equal(taskOf(one), "regression");
});

test("other names take the place of a model's labels: all in order, or some by name; thresholds go with them", () => {
  const json = { id2label: { 0: "LABEL_0", 1: "LABEL_1" }, label_thresholds: { LABEL_1: 0.3 } };
  const config = parseModelConfig(json, "config.json");
  const all = withLabels(config, ["bad", "good"]);
  assert.deepEqual(storedLabels(all), ["bad", "good"]);
  assert.deepEqual(all.json.label_thresholds, { good: 0.3 });
  assert.deepEqual(storedLabels(withLabels(config, { LABEL_1: "good" })), ["LABEL_0", "good"]);
  assert.deepEqual(storedLabels(withLabels(config, { LABEL_0: "LABEL_1", LABEL_1: "LABEL_0" })), [
    "LABEL_1",
    "LABEL_0",
  ]);
  const twice = parseModelConfig({ id2label: { 0: "same", 1: "same" } }, "config.json");
  assert.deepEqual(storedLabels(withLabels(twice, ["bad", "good"])), ["bad", "good"]);
  for (const [names, message] of [
    [
      ["a"],
      /^Expected a name for each of 2 labels, as the model has "LABEL_0", "LABEL_1", for labels but received/,
    ],
    [["a", "a"], /^Expected distinct names for labels but received "a twice"$/],
    [{ LABEL_0: "LABEL_1" }, /^Expected distinct names for labels/],
    [
      { toString: "x" },
      /^Expected names of the model's labels, "LABEL_0", "LABEL_1", for labels but received "toString"/,
    ],
  ] as const)
    assert.throws(() => withLabels(config, names), { code: "ERR_OPTION", option: "labels", message });
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
