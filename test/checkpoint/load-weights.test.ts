import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { BertModel } from "../../lib/models/bert-model.js";
import { BertForSequenceClassification } from "../../lib/models/sequence-classification.js";
import { tensor } from "../../lib/tensor/create.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { alterTinyBert, storedZeros } from "../support/checkpoints.js";
import { loadTinyBert, stateOf } from "../support/classifiers.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";

const sequences = new GoldenTensors("tiny_forward.safetensors").sequences();
const logitsOf = (model: BertForSequenceClassification) => model.forward(inputOf(sequences)).toArray();
const newTinyBert = () => new BertForSequenceClassification(readConfig(goldenPath("tiny-bert")), 3);

test("old names (gamma, beta, position_ids) and shards load to the same model", () => {
  const expected = logitsOf(loadTinyBert());
  assert.deepEqual(logitsOf(loadTinyBert("tiny-bert-legacy")), expected);
  assert.deepEqual(logitsOf(loadTinyBert("tiny-bert-sharded")), expected);
});

test("a bare encoder loads into a model with a head, which keeps its initial values", () => {
  const model = newTinyBert().eval();
  const head = stateOf(model).get("classifier.weight");
  const report = loadWeights(model, goldenPath("tiny-bert-bare"), { mayLack: ["classifier."] });
  assert.deepEqual(report, { initialised: ["classifier.weight", "classifier.bias"], ignored: [] });
  assert.deepEqual(stateOf(model).get("classifier.weight"), head);

  const [input, whole] = [inputOf(sequences), loadTinyBert()];
  assert.deepEqual(model.bert.forward(input).pooled.toArray(), whole.bert.forward(input).pooled.toArray());
});

test("a model without a head takes its part of a classifier's checkpoint", () => {
  const bare = new BertModel(readConfig(goldenPath("tiny-bert"))).eval();
  const report = loadWeights(bare, goldenPath("tiny-bert"), { mayIgnore: ["classifier."] });
  assert.deepEqual(report.ignored.sort(), ["classifier.bias", "classifier.weight"]);
  assert.deepEqual(stateOf(bare), stateOf(loadTinyBert().bert));
});

test("a decoder tied to the word embeddings is passed over without a word", (t) => {
  const folder = alterTinyBert(temporaryFolder(t), (tensors) => {
    tensors.set("cls.predictions.decoder.weight", storedZeros(114, 32));
    tensors.set("cls.predictions.decoder.bias", storedZeros(114));
  });
  const model = newTinyBert();
  assert.deepEqual(loadWeights(model, folder), { initialised: [], ignored: [] });
  assert.deepEqual(stateOf(model), stateOf(loadTinyBert()));
});

test("missing, unexpected and wrong-shaped tensors are listed together, and nothing is copied", (t) => {
  const folder = alterTinyBert(temporaryFolder(t), (tensors) => {
    tensors.delete("bert.pooler.dense.bias");
    tensors.delete("bert.encoder.layer.0.attention.self.key.weight");
    tensors.set("classifier.weight", storedZeros(5, 32));
    tensors.set("cls.seq_relationship.weight", storedZeros(2, 32));
  });
  const model = newTinyBert();
  const before = stateOf(model);
  assert.throws(() => loadWeights(model, folder), {
    code: "ERR_CHECKPOINT",
    message: [
      `The weights in ${folder} do not fit the model:`,
      "missing: bert.encoder.layer.0.attention.self.key.weight",
      "missing: bert.pooler.dense.bias",
      "unexpected: cls.seq_relationship.weight",
      "shape of classifier.weight: [5,32] where config.json asks for [3,32]",
    ].join("\n  "),
  });
  assert.deepEqual(stateOf(model), before);
});

test("of a wrong shape, mayLack and mayIgnore excuse nothing", (t) => {
  const folder = alterTinyBert(temporaryFolder(t), (tensors) => {
    tensors.set("classifier.weight", storedZeros(5, 32));
    tensors.set("classifier.bias", storedZeros(5));
  });
  const options = { mayLack: ["classifier."], mayIgnore: ["cls."] };
  assert.throws(() => loadWeights(newTinyBert(), folder, options), /shape of classifier\.weight/);
});

test("a config that disagrees with the weights is an error with the shapes that differ", (t) => {
  const folder = temporaryFolder(t);
  cpSync(goldenPath("tiny-bert"), folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const load = (changed: object) => {
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...changed }));
    loadWeights(new BertForSequenceClassification(readConfig(folder), 3), folder);
  };
  assert.throws(
    () => load({ hidden_size: 48 }),
    ({ code, message }: { code: string; message: string }) =>
      code === "ERR_CHECKPOINT" &&
      message.includes("word_embeddings.weight: [114,32] where config.json asks for [114,48]") &&
      /and \d+ more$/.test(message), // a dozen of the forty problems say enough
  );
  assert.throws(() => load({ num_hidden_layers: 3 }), /missing: bert\.encoder\.layer\.2\./);
  assert.throws(() => load({ num_hidden_layers: 1 }), /unexpected: bert\.encoder\.layer\.1\./);
  assert.throws(() => load({ vocab_size: 100 }), /\[114,32\] where config\.json asks for \[100,32\]/);
});

test("two-byte weights load into a float32 model", (t) => {
  const golden = new GoldenTensors("tiny-bert/model.safetensors");
  const folder = alterTinyBert(temporaryFolder(t), (tensors) => {
    for (const [name, { shape }] of tensors) {
      tensors.set(name, {
        dtype: "bfloat16",
        shape,
        bytes: () => golden.tensor(name).to("bfloat16").toBytes(),
      });
    }
  });
  const model = newTinyBert();
  loadWeights(model, folder);
  const rounded = (values: Float64Array) => tensor(values).to("bfloat16").toArray();
  for (const [name, values] of stateOf(loadTinyBert()))
    assert.deepEqual(stateOf(model).get(name), rounded(values));
});

test("a folder without weights, and a pickle, are errors that name what is expected", (t) => {
  const folder = temporaryFolder(t);
  const load = () => loadWeights(newTinyBert(), folder);
  assert.throws(load, /^LibbertError: Expected model\.safetensors or model\.safetensors\.index\.json in /);
  writeFileSync(join(folder, "pytorch_model.bin"), "");
  assert.throws(load, /pytorch_model\.bin is a pickle, which libbert does not read: save it as safetensors/);
});

test("a damaged index, or a shard that is missing, is an error that names the file", (t) => {
  const folder = join(temporaryFolder(t), "sharded");
  mkdirSync(folder);
  cpSync(goldenPath("tiny-bert-sharded"), folder, { recursive: true });
  const load = () => loadWeights(newTinyBert(), folder);
  rmSync(join(folder, "model-00002-of-00003.safetensors"));
  assert.throws(load, { code: "ERR_CHECKPOINT", message: /model-00002-of-00003\.safetensors: ENOENT/ });
  for (const broken of ["{", "[]", '{"weight_map": {"a": 1}}']) {
    writeFileSync(join(folder, "model.safetensors.index.json"), broken);
    assert.throws(load, { code: "ERR_CHECKPOINT", message: /index\.json is damaged/ });
  }
});
