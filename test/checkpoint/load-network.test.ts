import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import { loadNetwork, stateOf } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { savedEncoder } from "../../lib/features/saved-encoder.js";
import { bert } from "../../lib/models/families/bert.js";
import type { SequenceHead } from "../../lib/models/heads/sequence-head.js";
import type { Network } from "../../lib/models/network.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { savedModel } from "../../lib/tasks/build-model.js";
import { headOf } from "../../lib/tasks/heads.js";
import { chooseCompute } from "../../lib/tensor/compute.js";
import { tensor } from "../../lib/tensor/create.js";
import { scope } from "../../lib/tensor/scope.js";
import { alterCheckpoint, alterTinyBert, storedZeros } from "../support/checkpoints.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import {
  loadSavedEncoder,
  loadSavedNetwork,
  loadTinyBert,
  logitsOf,
  newNetwork,
  valuesOf,
} from "../support/networks.js";
import { processorClock } from "../support/processor-time.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { classifier, load, newTinyBert } from "./classifiers.js";

const sequences = new GoldenTensors("tiny_forward.safetensors").sequences();

const logits = (network: Network<SequenceHead>) => logitsOf(network, inputOf(sequences)).toArray();

test("old names (gamma, beta, position_ids) and shards load to the same model", () => {
  const expected = logits(loadTinyBert());
  assert.deepEqual(logits(loadTinyBert("tiny-bert-legacy")), expected);
  assert.deepEqual(logits(loadTinyBert("tiny-bert-sharded")), expected);
});

test("what the decoder of words is tied to may be stored under the decoder's name alone, as safetensors may leave it", () => {
  const WORDS = "bert.embeddings.word_embeddings.weight";
  const wordBias = "cls.predictions.bias";
  const layout = { family: bert, head: "masked-lm" } as const;
  const expected = valuesOf(loadSavedNetwork(goldenPath("tiny-bert-pretraining"), "masked-lm"), layout);
  const folder = alterCheckpoint("tiny-bert-pretraining", temporaryDirectory(), (tensors) => {
    for (const [tied, decoder] of [
      [WORDS, "cls.predictions.decoder.weight"],
      [wordBias, "cls.predictions.decoder.bias"],
    ] as const) {
      tensors.set(decoder, tensors.get(tied)!);
      tensors.delete(tied);
    }
  });
  assert.deepEqual(valuesOf(loadSavedNetwork(folder, "masked-lm"), layout), expected);
  assert.throws(
    () => loadSavedNetwork(folder, "token-classification"),
    /missing: bert\.embeddings\.word_embeddings\.weight/,
  );
});

test("a bare encoder loads into a network with a head, whose pooler it brings and whose classifier is new", () => {
  const network = newTinyBert().eval();
  const report = load(network, goldenPath("tiny-bert-bare"), { newHead: "lacks" });
  assert.deepEqual(report, { initialised: ["classifier.weight", "classifier.bias"], ignored: [] });

  const [input, whole] = [inputOf(sequences), loadTinyBert()];
  const pooled = ({ encoder, head }: Network<SequenceHead>) =>
    head.pooler.forward(encoder.forward(input), input).toArray();
  assert.deepEqual(pooled(network), pooled(whole));
});

test("an encoder alone takes its part of a classifier's checkpoint", () => {
  const layout = { family: bert, head: null };
  const alone = loadSavedEncoder(goldenPath("tiny-bert"));
  using weights = new CheckpointWeights(goldenPath("tiny-bert"));
  const { initialised, ignored } = loadNetwork(alone, weights, layout);
  assert.deepEqual(initialised, []);
  assert.deepEqual(ignored.sort(), [
    "bert.pooler.dense.bias",
    "bert.pooler.dense.weight",
    "classifier.bias",
    "classifier.weight",
  ]);
  const whole = valuesOf(loadTinyBert());
  for (const [name, values] of valuesOf(alone, layout)) assert.deepEqual(values, whole.get(name), name);
});

test("a decoder tied to the word embeddings is passed over without a word", () => {
  const folder = alterTinyBert(temporaryDirectory(), (tensors) => {
    tensors.set("cls.predictions.decoder.weight", storedZeros(114, 32));
    tensors.set("cls.predictions.decoder.bias", storedZeros(114));
  });
  const network = newTinyBert();
  assert.deepEqual(load(network, folder), { initialised: [], ignored: [] });
  assert.deepEqual(valuesOf(network), valuesOf(loadTinyBert()));
});

test("layers of the family's other heads are ignored, by name; what belongs to none is refused", () => {
  const withTensors = (...names: string[]) =>
    alterTinyBert(temporaryDirectory(), (tensors) => {
      for (const name of names) tensors.set(name, storedZeros(2, 32));
    });
  const others = [
    "cls.seq_relationship.weight",
    "cls.predictions.transform.dense.weight",
    "qa_outputs.weight",
  ];
  const network = newTinyBert();
  assert.deepEqual(load(network, withTensors(...others)), { initialised: [], ignored: others });
  assert.deepEqual(valuesOf(network), valuesOf(loadTinyBert()));
  for (const unknown of [
    "classifiers.weight",
    "qa_outputs_2.weight",
    "bert.poolers.weight",
    "lm_head.dense.weight",
  ])
    assert.throws(() => load(newTinyBert(), withTensors(unknown)), {
      code: "ERR_CHECKPOINT",
      message: new RegExp(`unexpected: ${unknown}$`),
    });
});

test("missing, unexpected and wrong-shaped tensors are listed together, and nothing is copied", () => {
  const folder = alterTinyBert(temporaryDirectory(), (tensors) => {
    tensors.delete("bert.pooler.dense.bias");
    tensors.delete("bert.encoder.layer.0.attention.self.key.weight");
    tensors.set("classifier.weight", storedZeros(5, 32));
    tensors.set("adapters.weight", storedZeros(2, 32));
  });
  const network = newTinyBert();
  const before = valuesOf(network);
  assert.throws(() => load(network, folder), {
    code: "ERR_CHECKPOINT",
    message: [
      `The weights in ${folder} do not fit the model:`,
      "missing: bert.encoder.layer.0.attention.self.key.weight",
      "missing: bert.pooler.dense.bias",
      "unexpected: adapters.weight",
      "shape of classifier.weight: [5,32] where config.json asks for [3,32]",
    ].join("\n  "),
  });
  assert.deepEqual(valuesOf(network), before);
});

test("a new head may lack what is missing, but never an encoder, and of a wrong shape it excuses nothing", () => {
  const folder = alterTinyBert(temporaryDirectory(), (tensors) => {
    tensors.set("classifier.weight", storedZeros(5, 32));
    tensors.set("classifier.bias", storedZeros(5));
  });
  assert.throws(() => load(newTinyBert(), folder, { newHead: "lacks" }), /shape of classifier\.weight/);
  const incomplete = alterTinyBert(temporaryDirectory(), (tensors) => {
    tensors.delete("bert.embeddings.LayerNorm.weight");
  });
  for (const newHead of ["lacks", "all"] as const)
    assert.throws(() => load(newTinyBert(), incomplete, { newHead }), {
      code: "ERR_CHECKPOINT",
      message: /\n {2}missing: bert\.embeddings\.LayerNorm\.weight$/,
    });
});

test("a config that disagrees with the weights is an error with the shapes that differ", () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath("tiny-bert"), folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const loadWith = (changed: object) => {
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...changed }));
    loadSavedNetwork(folder, "sequence-classification", 3);
  };
  assert.throws(
    () => loadWith({ hidden_size: 48 }),
    ({ code, message }: { code: string; message: string }) =>
      code === "ERR_CHECKPOINT" &&
      message.includes("word_embeddings.weight: [114,32] where config.json asks for [114,48]") &&
      /and \d+ more$/.test(message), // a dozen of the forty problems say enough
  );
  assert.throws(() => loadWith({ num_hidden_layers: 3 }), /missing: bert\.encoder\.layer\.2\./);
  assert.throws(() => loadWith({ vocab_size: 100 }), /\[114,32\] where config\.json asks for \[100,32\]/);
});

test("sizes far beyond the stored ones are refused before anything is built", async () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath("tiny-bert"), folder, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    cpSync(goldenPath(`tiny-bert/${file}`), join(folder, file));
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  for (const [field, message] of [
    ["num_hidden_layers", /missing: bert\.encoder\.layer\.\d+\.output\.LayerNorm\.weight/],
    [
      "vocab_size",
      /shape of bert\.embeddings\.word_embeddings\.weight: \[114,32\] where config\.json asks for \[\d+,32\]/,
    ],
    ["max_position_embeddings", /position_embeddings\.weight: \[64,32\]/],
    ["type_vocab_size", /token_type_embeddings\.weight: \[2,32\]/],
    ["intermediate_size", /layer\.0\.intermediate\.dense\.weight: \[64,32\]/],
    ["hidden_size", /word_embeddings\.weight: \[114,32\]/],
  ] as const)
    for (const value of [1_000_000, 2 ** 40, 2 ** 52]) {
      writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, [field]: value }));
      const checkpoint = await openCheckpoint(folder);
      const head = await headOf("classification");
      const seconds = processorClock();
      for (const build of [
        () => savedEncoder(checkpoint, chooseCompute({ device: "cpu", dtype: "float32" })),
        () => savedModel(head, checkpoint, chooseCompute({ device: "cpu", dtype: "float32" })),
      ])
        assert.throws(build, { code: "ERR_CHECKPOINT", message }, `${field} ${value}`);
      assert.ok(seconds() < 0.5, field);
    }
});

test("two-byte weights load into a float32 model", () => {
  const golden = new GoldenTensors("tiny-bert/model.safetensors");
  const folder = alterTinyBert(temporaryDirectory(), (tensors) => {
    for (const [name, { shape }] of tensors) {
      tensors.set(name, {
        dtype: "bfloat16",
        shape,
        bytes: () => golden.tensor(name).to("bfloat16").toBytes(),
      });
    }
  });
  const network = newTinyBert();
  load(network, folder);
  const rounded = (values: Float64Array) => tensor(values).to("bfloat16").toArray();
  const loaded = valuesOf(network);
  for (const [name, values] of valuesOf(loadTinyBert())) assert.deepEqual(loaded.get(name), rounded(values));
});

test("a tensor that is copied in several slices comes out whole, in float32 and rounded to bfloat16", () => {
  // 40,000 words of 32 numbers; a slice has 2^15 of them.
  const words = Float32Array.from({ length: 40_000 * 32 }, (_, index) => Math.fround(Math.sin(index)));
  const folder = alterCheckpoint("tiny-bert", temporaryDirectory(), (tensors) => {
    tensors.set("bert.embeddings.word_embeddings.weight", {
      dtype: "float32",
      shape: [40_000, 32],
      bytes: () => new Uint8Array(words.buffer),
    });
  });
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), vocab_size: 40_000 }));
  const config = readConfig(folder);
  for (const dtype of ["float32", "bfloat16"] as const) {
    const network = withoutInitialisation(() => newNetwork(config, "sequence-classification", 3), { dtype });
    load(network, folder);
    scope(() => {
      const loaded = stateOf(network, classifier).get("bert.embeddings.word_embeddings.weight")!;
      assert.equal(loaded.dtype, dtype);
      assert.deepEqual(loaded.toArray(), tensor(words).to(dtype).toArray());
    });
    network.dispose();
  }
});

test("a folder without weights is an error that names what is expected", () => {
  const folder = temporaryDirectory();
  const loadIt = () => load(newTinyBert(), folder);
  assert.throws(
    loadIt,
    /^LibbertError: Expected model\.safetensors or pytorch_model\.bin, an index of shards/,
  );
});

test("a damaged index, or a shard that is missing, is an error that names the file", () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath("tiny-bert-sharded"), folder, { recursive: true });
  const loadIt = () => load(newTinyBert(), folder);
  rmSync(join(folder, "model-00002-of-00003.safetensors"));
  assert.throws(loadIt, { code: "ERR_CHECKPOINT", message: /model-00002-of-00003\.safetensors: ENOENT/ });
  const index = join(folder, "model.safetensors.index.json");
  for (const [broken, message] of [
    ["{", /index\.json is not JSON/],
    ["[]", /index\.json is damaged: it has no weight_map/],
    ['{"weight_map": {}}', /its weight_map is empty/],
    ['{"weight_map": {"a": 1}}', /it says that a is in 1, which is no file/],
    [
      '{"weight_map": {"a": "../x.safetensors"}}',
      /leads out of its directory: a is in "\.\.\/x\.safetensors"/,
    ],
    ['{"weight_map": {"a": "b/../../x.safetensors"}}', /leads out of its directory/],
    ['{"weight_map": {"a": "/dev/zero"}}', /leads out of its directory/],
    ['{"weight_map": {"a": "."}}', /Expected a file at \S+ but found a folder/],
    ['{"weight_map": {"a": "model-00001-of-00003.safetensors"}}', /says that a is in \S+, where it is not/],
  ] as const) {
    writeFileSync(index, broken);
    assert.throws(loadIt, { code: "ERR_CHECKPOINT", message });
  }
});
