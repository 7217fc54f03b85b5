import "../support/one-thread.js";

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig, writeModel } from "../../lib/checkpoint/model-directory.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { BertForPreTraining } from "../../lib/models/pretraining.js";
import { BertForSequenceClassification } from "../../lib/models/sequence-classification.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { alterCheckpoint } from "../support/checkpoints.js";
import { stateOf } from "../support/classifiers.js";
import { GoldenTensors, goldenPath } from "../support/golden.js";
import { goldenExamples, loadTinyPretraining, logitsOf } from "../support/pretraining.js";
import { assertClose } from "../support/tolerance.js";

const TINY = "tiny-bert-pretraining";
const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON;
const withoutPython = PYTHON ? false : "LIBBERT_REFERENCE_PYTHON names no Python that has transformers";

const golden = new GoldenTensors("pretraining_forward.safetensors");

test("a directory of BertForPreTraining loads whole", () => {
  const model = new BertForPreTraining(readConfig(goldenPath(TINY)));
  assert.deepEqual(loadWeights(model, goldenPath(TINY)), { initialised: [], ignored: [] });
  const stored = new GoldenTensors(`${TINY}/model.safetensors`);
  const state = stateOf(model);
  assert.deepEqual([...state.keys()].sort(), stored.names().sort());
  for (const [name, values] of state) assert.deepEqual(values, stored.values(name), name);
});

test("the tied decoder's own entries, as older versions stored them, load to the same model", (t) => {
  const folder = alterCheckpoint(TINY, temporaryFolder(t), (tensors) => {
    tensors.set("cls.predictions.decoder.weight", tensors.get("bert.embeddings.word_embeddings.weight")!);
    tensors.set("cls.predictions.decoder.bias", tensors.get("cls.predictions.bias")!);
  });
  const model = new BertForPreTraining(readConfig(folder));
  assert.deepEqual(loadWeights(model, folder), { initialised: [], ignored: [] });
  assert.deepEqual(stateOf(model), stateOf(loadTinyPretraining()));
});

test("a checkpoint without the next-sentence head is an error that names it", (t) => {
  const folder = alterCheckpoint(TINY, temporaryFolder(t), (tensors) => {
    tensors.delete("cls.seq_relationship.weight");
  });
  const model = new BertForPreTraining(readConfig(folder));
  assert.throws(() => loadWeights(model, folder), /missing: cls\.seq_relationship\.weight$/);
});

test("a classifier takes the encoder and passes over both heads", () => {
  const model = new BertForSequenceClassification(readConfig(goldenPath(TINY)), 3);
  const report = loadWeights(model, goldenPath(TINY), { mayLack: ["classifier."], mayIgnore: ["cls."] });
  assert.deepEqual(report.initialised, ["classifier.weight", "classifier.bias"]);
  assert.equal(report.ignored.length, 7);
  assert.ok(report.ignored.every((name) => name.startsWith("cls.")));
  assert.deepEqual(stateOf(model.bert), stateOf(loadTinyPretraining().bert));
});

test("what is written has transformers' names and loads again", (t) => {
  const folder = temporaryFolder(t);
  const model = loadTinyPretraining();
  writeModel(folder, model, readConfig(goldenPath(TINY)), "BertForPreTraining");
  using ours = new SafetensorsReader(join(folder, "model.safetensors"));
  using theirs = new SafetensorsReader(goldenPath(`${TINY}/model.safetensors`));
  assert.deepEqual([...ours.tensors.keys()].sort(), [...theirs.tensors.keys()].sort());
  assert.deepEqual(stateOf(loadTinyPretraining(folder)), stateOf(model));
});

const LOGITS_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForPreTraining
model, report = AutoModelForPreTraining.from_pretrained(sys.argv[1], output_loading_info=True)
model.eval()
logits = []
with torch.no_grad():
    for ids, types, places in json.load(sys.stdin):
        output = model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types]))
        logits.append([output.prediction_logits[0, places].flatten().tolist(), output.seq_relationship_logits[0].tolist()])
problems = {kind: sorted(map(str, names)) for kind, names in report.items() if names}
print(json.dumps([type(model).__name__, problems, logits]))
`;

test("transformers loads what is written without a missing or unexpected name, and computes the same", {
  skip: withoutPython,
}, (t) => {
  const folder = temporaryFolder(t);
  cpSync(goldenPath(TINY), folder, { recursive: true });
  const model = loadTinyPretraining();
  writeModel(folder, model, readConfig(folder), "BertForPreTraining");

  const examples = goldenExamples(golden);
  const input = examples.map(({ sequence, masked }) => [
    Array.from(sequence.inputIds),
    Array.from(sequence.tokenTypeIds),
    masked.map(({ place }) => place),
  ]);
  const output = execFileSync(PYTHON!, ["-c", LOGITS_IN_PYTHON, folder], {
    input: JSON.stringify(input),
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const [architecture, problems, logits]: [string, object, [number[], number[]][]] = JSON.parse(
    output.toString(),
  );
  assert.equal(architecture, "BertForPreTraining");
  assert.deepEqual(problems, {});
  const { wordLogits, nextSentenceLogits } = logitsOf(model, examples);
  // Float32 of other kernels; values reach 10.
  const tolerance = { absolute: 1e-5, relative: 1e-5 };
  const theirs = (head: 0 | 1) => logits.flatMap((row) => row[head]);
  assertClose(wordLogits.toArray(), theirs(0), tolerance, "words");
  assertClose(nextSentenceLogits.toArray(), theirs(1), tolerance, "next sentence");
});
