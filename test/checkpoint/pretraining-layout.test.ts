import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadNetwork } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { bert } from "../../lib/models/families/bert.js";
import type { HeadKind } from "../../lib/models/heads/head-kind.js";
import type { Network } from "../../lib/models/network.js";
import { alterCheckpoint } from "../support/checkpoints.js";
import { GoldenTensors, goldenPath } from "../support/golden.js";
import { newNetwork, valuesOf, writeNetwork } from "../support/networks.js";
import { goldenExamples, loadTinyPretraining, logitsOf } from "../support/pretraining.js";
import { inPython, withoutPython } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";

const TINY = "tiny-bert-pretraining";

const PRETRAINING = { family: bert, head: "pretraining" } as const;
const newPretraining = (directory: string) => newNetwork(readConfig(directory), "pretraining");

function load(network: Network, directory: string, head: HeadKind = "pretraining", newHead?: "lacks") {
  using weights = new CheckpointWeights(directory);
  return loadNetwork(network, weights, { family: bert, head, newHead });
}

const golden = new GoldenTensors("pretraining_forward.safetensors");

test("a directory of BertForPreTraining loads whole", () => {
  const model = newPretraining(goldenPath(TINY));
  assert.deepEqual(load(model, goldenPath(TINY)), { initialised: [], ignored: [] });
  const stored = new GoldenTensors(`${TINY}/model.safetensors`);
  const state = valuesOf(model, PRETRAINING);
  assert.deepEqual([...state.keys()].sort(), stored.names().sort());
  for (const [name, values] of state) assert.deepEqual(values, stored.values(name), name);
});

test("the tied decoder's own entries, as older versions stored them, load to the same model", () => {
  const folder = alterCheckpoint(TINY, temporaryDirectory(), (tensors) => {
    tensors.set("cls.predictions.decoder.weight", tensors.get("bert.embeddings.word_embeddings.weight")!);
    tensors.set("cls.predictions.decoder.bias", tensors.get("cls.predictions.bias")!);
  });
  const model = newPretraining(folder);
  assert.deepEqual(load(model, folder), { initialised: [], ignored: [] });
  assert.deepEqual(valuesOf(model, PRETRAINING), valuesOf(loadTinyPretraining(), PRETRAINING));
});

test("a checkpoint without the next-sentence head is an error that names it", () => {
  const folder = alterCheckpoint(TINY, temporaryDirectory(), (tensors) => {
    tensors.delete("cls.seq_relationship.weight");
  });
  assert.throws(() => load(newPretraining(folder), folder), /missing: cls\.seq_relationship\.weight$/);
});

test("a classifier takes the encoder and passes over both heads", () => {
  const model = newNetwork(readConfig(goldenPath(TINY)), "sequence-classification", 3);
  const report = load(model, goldenPath(TINY), "sequence-classification", "lacks");
  assert.deepEqual(report.initialised, ["classifier.weight", "classifier.bias"]);
  assert.equal(report.ignored.length, 7);
  assert.ok(report.ignored.every((name) => name.startsWith("cls.")));
  const pretrained = valuesOf(loadTinyPretraining(), PRETRAINING);
  const own = [...valuesOf(model)].filter(([name]) => name.startsWith("bert."));
  assert.ok(own.length > 30);
  for (const [name, values] of own) assert.deepEqual(values, pretrained.get(name), name);
});

test("what is written has transformers' names and loads again", () => {
  const folder = temporaryDirectory();
  const model = loadTinyPretraining();
  writeNetwork(folder, model, readConfig(goldenPath(TINY)).json, PRETRAINING);
  using ours = new SafetensorsReader(join(folder, "model.safetensors"));
  using theirs = new SafetensorsReader(goldenPath(`${TINY}/model.safetensors`));
  assert.deepEqual([...ours.tensors.keys()].sort(), [...theirs.tensors.keys()].sort());
  assert.deepEqual(valuesOf(loadTinyPretraining(folder), PRETRAINING), valuesOf(model, PRETRAINING));
});

const LOGITS_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForPreTraining
model, report = AutoModelForPreTraining.from_pretrained(sys.argv[1], output_loading_info=True)
model.eval()
logits = []
with torch.no_grad():
    for ids, types, positions in json.load(sys.stdin):
        output = model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types]))
        logits.append([output.prediction_logits[0, positions].flatten().tolist(), output.seq_relationship_logits[0].tolist()])
problems = {kind: sorted(map(str, names)) for kind, names in report.items() if names}
print(json.dumps([type(model).__name__, problems, logits]))
`;

test("transformers loads what is written without a missing or unexpected name, and computes the same", {
  skip: withoutPython,
}, async () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath(TINY), folder, { recursive: true });
  const model = loadTinyPretraining();
  writeNetwork(folder, model, readConfig(folder).json, PRETRAINING);

  const examples = goldenExamples(golden);
  const input = examples.map(({ sequence, masked }) => [
    Array.from(sequence.inputIds),
    Array.from(sequence.tokenTypeIds),
    masked.map(({ position }) => position),
  ]);
  const [loaded] = await inPython<[string, object, [number[], number[]][]]>(
    LOGITS_IN_PYTHON,
    [folder],
    input,
  );
  const [architecture, problems, logits] = loaded!;
  assert.equal(architecture, "BertForPreTraining");
  assert.deepEqual(problems, {});
  const { wordLogits, nextSentenceLogits } = logitsOf(model, examples);
  // Float32 of other kernels; values reach 10.
  const tolerance = { absolute: 1e-5, relative: 1e-5 };
  const theirs = (head: 0 | 1) => logits.flatMap((row) => row[head]);
  assertClose(wordLogits.toArray(), theirs(0), tolerance, "words");
  assertClose(nextSentenceLogits.toArray(), theirs(1), tolerance, "next sentence");
});
