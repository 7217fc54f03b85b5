import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { bertPreset, parseModelConfig } from "../../lib/models/model-config.js";
import { arange } from "../../lib/tensor/create.js";
import { manualSeed } from "../../lib/tensor/random.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import {
  loadSavedNetwork,
  loadTinyBert,
  logitsOf,
  newNetwork,
  valuesOf,
  writeNetwork,
} from "../support/networks.js";
import { inPython, withoutPython as skip } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";

const architectures = ["BertForSequenceClassification"];

test("a model that is written has the same tensors, byte for byte, as the checkpoint that it came from", () => {
  const folder = temporaryDirectory();
  writeNetwork(folder, loadTinyBert(), readConfig(goldenPath("tiny-bert")).json);
  using written = new SafetensorsReader(join(folder, "model.safetensors"));
  using original = new SafetensorsReader(goldenPath("tiny-bert/model.safetensors"));
  assert.deepEqual([...written.tensors.keys()].sort(), [...original.tensors.keys()].sort());
  for (const [name, { dtype, shape }] of original.tensors) {
    assert.deepEqual(written.tensors.get(name)!.shape, shape, name);
    assert.equal(written.tensors.get(name)!.dtype, dtype, name);
    assert.deepEqual(written.read(name), original.read(name), name);
  }
});

test("a model that is written loads to equal weights, and writing that gives equal files", () => {
  const [first, second] = [temporaryDirectory(), temporaryDirectory()];
  manualSeed(12);
  const config = bertPreset("tiny", {
    vocab_size: 50,
    num_hidden_layers: 1,
    hidden_size: 16,
    num_attention_heads: 2,
  });
  const network = newNetwork(config, "sequence-classification", 2);
  writeNetwork(first, network, { ...config.json, architectures });
  const again = loadSavedNetwork(first, "sequence-classification", 2);
  assert.deepEqual(valuesOf(again), valuesOf(network));
  writeNetwork(second, again, readConfig(first).json);
  for (const file of ["model.safetensors", "config.json"]) {
    assert.deepEqual(readFileSync(join(second, file)), readFileSync(join(first, file)), file);
  }
});

test("an unreadable config.json is an error that names the file", () => {
  const folder = temporaryDirectory();
  const path = join(folder, "config.json");
  writeFileSync(path, "{");
  assert.throws(() => readConfig(folder), {
    code: "ERR_CHECKPOINT",
    message: new RegExp(`^${path} is not JSON`),
  });
  writeFileSync(path, '{"hidden_size": "large"}');
  assert.throws(() => readConfig(folder), {
    code: "ERR_CHECKPOINT",
    message: new RegExp(`^${path}: Expected a finite number for hidden_size`),
  });
});

const LOGITS_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification
model, loaded = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], output_loading_info=True)
assert not any(loaded.values()), loaded
model.eval()
with torch.no_grad():
    for ids, types in json.load(sys.stdin):
        print(json.dumps(model(torch.tensor([ids]), token_type_ids=torch.tensor([types])).logits[0].tolist()))
`;

test("Python's transformers loads what libbert saves and gives the same logits", { skip }, async () => {
  const folder = temporaryDirectory();
  manualSeed(13);
  const labels = {
    id2label: { "0": "no", "1": "yes", "2": "perhaps" },
    label2id: { no: 0, yes: 1, perhaps: 2 },
  };
  const tiny = readConfig(goldenPath("tiny-bert")).json;
  const config = parseModelConfig({ ...tiny, ...labels, initializer_range: 0.5 }, "config.json");
  const network = newNetwork(config, "sequence-classification", 3).eval();
  network.head.classifier.bias.detach().copy_(arange(0, 3)); // biases start at 0: a swap would not show
  writeNetwork(folder, network, { ...config.json, architectures });

  const sequences = new GoldenTensors("tiny_forward.safetensors").sequences();
  const input = sequences.map(({ inputIds, tokenTypeIds }) => [
    Array.from(inputIds),
    Array.from(tokenTypeIds),
  ]);
  const fromPython = (await inPython<number[]>(LOGITS_IN_PYTHON, [folder], input)).flat();
  // With weights as large as these, float32 logits of either side are up to 9e-6 from those in float64.
  assertClose(logitsOf(network, inputOf(sequences)).toArray(), fromPython, { absolute: 2e-5 });
});
