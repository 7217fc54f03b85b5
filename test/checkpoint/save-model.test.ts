import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import { loadNetwork } from "../../lib/checkpoint/load-network.js";
import { loadedWeights, trainedWeights } from "../../lib/checkpoint/model-weights.js";
import { type ModelToSave, saveModel } from "../../lib/checkpoint/save-model.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { openOutputDirectory } from "../../lib/files/output-directory.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import type { ConfigJson } from "../../lib/models/model-config.js";
import { Network } from "../../lib/models/network.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { native } from "../../lib/tensor/native.js";
import { goldenPath } from "../support/golden.js";
import { loadTinyBert, NoHead, newNetwork, valuesOf } from "../support/networks.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const DIRECTORY = goldenPath("tiny-bert");
const LAYOUTS = {
  "tiny-bert": "sequence-classification",
  "tiny-bert-tokens": "token-classification",
  "families/tiny-distilbert": "sequence-classification",
  "families/tiny-roberta": "sequence-classification",
} as const;

async function saveIn(directory: string, model: ModelToSave): Promise<void> {
  using output = await openOutputDirectory(directory, { overwrite: true, purpose: "save" });
  await saveModel(output, model);
}

/** Every stored tensor: name, dtype, shape and bytes. */
function contentOf(directory: string) {
  using reader = new SafetensorsReader(join(directory, "model.safetensors"));
  const content = [...reader.tensors].map(([name, { dtype, shape }]) => {
    return [name, { dtype, shape, bytes: reader.read(name) }];
  });
  return Object.fromEntries(content);
}

/** A model as it is loaded to predict: each weight once, in that dtype. */
async function loaded(directory: string, head: (typeof LAYOUTS)[keyof typeof LAYOUTS], outputs: number) {
  const checkpoint = await openCheckpoint(directory);
  const network = withoutInitialisation(() => newNetwork(checkpoint, head, outputs), { dtype: "bfloat16" });
  const layout = { family: checkpoint.family, head };
  const stored = new CheckpointWeights(directory);
  loadNetwork(network, stored, layout);
  return { checkpoint, network, weights: loadedWeights(network, layout, stored) };
}

for (const [name, head] of Object.entries(LAYOUTS)) {
  test(`${name}, loaded in bfloat16, is saved with the float32 bytes that it was loaded from`, async () => {
    const outputs = head === "token-classification" ? 5 : 3;
    const { checkpoint, network, weights } = await loaded(goldenPath(name), head, outputs);
    assert.ok([...network.encoder.namedParameters()].every(([, { dtype }]) => dtype === "bfloat16"));
    const directory = temporaryDirectory();
    await saveIn(directory, { checkpoint, head, fields: {}, maxSeqLength: 32, weights });
    assert.deepEqual(contentOf(directory), contentOf(goldenPath(name)));
    weights.dispose();
  });
}

test("saving into the directory that it was loaded from leaves the weights as they were", async () => {
  const directory = temporaryDirectory();
  const first = await loaded(DIRECTORY, "sequence-classification", 3);
  const save = (from: typeof first) =>
    saveIn(directory, {
      checkpoint: from.checkpoint,
      head: "sequence-classification",
      fields: {},
      maxSeqLength: 32,
      weights: from.weights,
    });
  await save(first);
  const again = await loaded(directory, "sequence-classification", 3);
  await save(again);
  await save(again);
  assert.deepEqual(contentOf(directory), contentOf(DIRECTORY));
  for (const { weights } of [first, again]) weights.dispose();
});

test("an encoder alone is saved with its pre-trained pooler, under names without a prefix", async () => {
  const checkpoint = await openCheckpoint(DIRECTORY);
  const network = new Network(checkpoint.family.createEncoder(checkpoint.encoder), new NoHead());
  const layout = { family: checkpoint.family, head: null };
  const stored = new CheckpointWeights(DIRECTORY);
  loadNetwork(network, stored, layout);
  const weights = loadedWeights(network, layout, stored);
  const directory = temporaryDirectory();
  await saveIn(directory, { checkpoint, head: null, fields: {}, maxSeqLength: 32, weights });
  assert.deepEqual(contentOf(directory), contentOf(goldenPath("tiny-bert-bare")));
  const { architectures } = JSON.parse(readFileSync(join(directory, "config.json"), "utf8"));
  assert.deepEqual(architectures, ["BertModel"]);
  weights.dispose();
});

test("a model that was trained in bfloat16 is saved with its float32 masters", async () => {
  const network = loadTinyBert();
  const checkpoint = await openCheckpoint(DIRECTORY);
  const layout = { family: checkpoint.family, head: "sequence-classification" } as const;
  const original = valuesOf(network);
  const parameters = new FlatParameters(network.namedParameters(), { dtype: "bfloat16" });
  assert.notDeepEqual(valuesOf(network), original);
  const weights = trainedWeights(network, layout, parameters);
  const directory = temporaryDirectory();
  const half = { ...checkpoint, json: { ...checkpoint.json, torch_dtype: "float16" } };
  await saveIn(directory, { checkpoint: half, head: layout.head, fields: {}, maxSeqLength: 32, weights });
  assert.deepEqual(contentOf(directory), contentOf(DIRECTORY));
  // Else transformers would round them to the type of the checkpoint that they were trained from.
  const { dtype, torch_dtype } = JSON.parse(readFileSync(join(directory, "config.json"), "utf8"));
  assert.deepEqual([dtype, torch_dtype], ["float32", undefined]);
  weights.dispose();
});

test("config.json keeps the fields that libbert does not know, and names the architecture", async () => {
  const { checkpoint, weights } = await loaded(DIRECTORY, "sequence-classification", 3);
  const original = JSON.parse(readFileSync(join(DIRECTORY, "config.json"), "utf8"));
  const saved = async (json: ConfigJson, fields: ConfigJson) => {
    const directory = temporaryDirectory();
    const head = "sequence-classification";
    await saveIn(directory, {
      ...{ checkpoint: { ...checkpoint, json: { ...original, ...json } }, head, fields },
      ...{ maxSeqLength: 32, weights },
    });
    return JSON.parse(readFileSync(join(directory, "config.json"), "utf8"));
  };
  const written = await saved({ architectures: ["BertModel"], pruned_heads: { 1: [0] } }, { own: 1 });
  assert.deepEqual(written, { ...original, pruned_heads: { 1: [0] }, own: 1 });
  assert.deepEqual(written.architectures, ["BertForSequenceClassification"]);
  assert.ok(!("id2label" in (await saved({}, { id2label: undefined }))), "an undefined field goes");
  assert.equal((await saved({ is_decoder: true }, {})).is_decoder, false, "it reads in both directions now");
  weights.dispose();
});

test("a training report lies beside the model, and goes with it when another is saved there", async () => {
  const { checkpoint, weights } = await loaded(DIRECTORY, "sequence-classification", 3);
  const model = {
    checkpoint,
    head: "sequence-classification",
    fields: {},
    maxSeqLength: 32,
    weights,
  } as const;
  const directory = temporaryDirectory();
  await saveIn(directory, { ...model, report: { steps: 3 } });
  assert.deepEqual(JSON.parse(readFileSync(join(directory, "training_report.json"), "utf8")), { steps: 3 });
  const leftovers = ["added_tokens.json", "model-00001-of-00002.safetensors", "modules.json"];
  for (const name of [...leftovers, "notes.json"]) writeFileSync(join(directory, name), "{}");
  await saveIn(directory, model);
  const files = ["config.json", "model.safetensors", "notes.json", "tokenizer.json", "tokenizer_config.json"];
  assert.deepEqual(readdirSync(directory).sort(), [...files, "vocab.txt"].sort());
  weights.dispose();
});

test("the weights have checksums of all files that are saved with them but the report, and are the same with another", async () => {
  const { checkpoint, weights } = await loaded(DIRECTORY, "sequence-classification", 3);
  const sentences = { ...checkpoint.sentences, files: new Map([["pooling/config.json", Buffer.from("{}")]]) };
  const saved = async (report: object) => {
    const directory = temporaryDirectory();
    await saveIn(directory, {
      ...{ checkpoint: { ...checkpoint, sentences }, head: "sequence-classification", fields: {} },
      ...{ maxSeqLength: 32, weights, report },
    });
    return directory;
  };
  const directory = await saved({ started: "today" });
  using reader = new SafetensorsReader(join(directory, "model.safetensors"));
  assert.deepEqual(Object.keys(JSON.parse(reader.metadata.libbert_files!)), [
    ...["config.json", "pooling/config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"],
  ]);
  const bytesOf = (folder: string) => readFileSync(join(folder, "model.safetensors"));
  assert.deepEqual(bytesOf(await saved({ started: "tomorrow" })), bytesOf(directory));
  weights.dispose();
});

test("disposal frees the weights and closes the checkpoint's files", async () => {
  const before = native.liveTensors();
  const isOfWeights = (fd: string) =>
    existsSync(`/proc/self/fd/${fd}`) && readlinkSync(`/proc/self/fd/${fd}`).endsWith(".safetensors");
  const openFiles = () => readdirSync("/proc/self/fd").filter(isOfWeights).length;
  const filesBefore = openFiles();
  const { weights } = await loaded(DIRECTORY, "sequence-classification", 3);
  assert.ok(openFiles() > filesBefore);
  weights.dispose();
  assert.equal(native.liveTensors(), before);
  assert.equal(openFiles(), filesBefore);
});
