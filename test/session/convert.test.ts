import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SafetensorsReader, type TensorToStore, writeSafetensors } from "../../lib/files/safetensors.js";
import { type ConvertEvent, convert, loadModel } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import * as p from "../support/pickles.js";
import { checkSaved, withoutPython } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const WRITTEN = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];

function newFolder(): string {
  return join(temporaryDirectory(), "converted");
}

function assertTensors(folder: string, expectedPath: string): void {
  using own = new SafetensorsReader(join(folder, "model.safetensors"));
  using expected = new SafetensorsReader(expectedPath);
  assert.deepEqual([...own.tensors.keys()].sort(), [...expected.tensors.keys()].sort());
  for (const name of expected.tensors.keys()) assert.deepEqual(own.read(name), expected.read(name), name);
}

for (const layout of [
  "pytorch-zip",
  "pytorch-legacy",
  "pytorch-sharded",
  "tensorflow",
  "tensorflow-training",
])
  test(`a model in the layout ${layout} becomes one with safetensors: all tensors, bit for bit`, async () => {
    const [model, outputDir] = [goldenPath(`formats/${layout}`), newFolder()];
    const converted = await convert({ model, outputDir });
    assert.deepEqual([converted.tensors, converted.parameters, converted.outputDir], [46, 1618, outputDir]);
    assert.ok(converted.weights.every((name) => existsSync(join(model, name))));
    assert.deepEqual(readdirSync(outputDir).sort(), WRITTEN);
    assertTensors(outputDir, goldenPath("formats/weights.safetensors"));
    const { architectures } = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
    assert.deepEqual(architectures, ["BertForPreTraining"]);
  });

test("what is converted predicts what the original did, and says itself how its texts are written", async () => {
  const [model, outputDir] = [goldenPath("formats/tensorflow-classifier"), newFolder()];
  const events: ConvertEvent[] = [];
  await convert({ model, outputDir, onProgress: (event) => events.push(event) });
  assert.match(
    events.map((event) => (event.type === "notice" ? event.message : event.file)).join("\n"),
    /^No file in \S+ says whether texts are lowered: they are, as the pieces of its vocab\.txt have no capital letters; do_lower_case in a tokenizer_config\.json decides$/,
  );
  const predictions = [];
  for (const folder of [model, outputDir]) {
    await using loaded = await loadModel(folder, { task: "classification" });
    predictions.push(await loaded.predict(["a good film", "Films"]));
  }
  assert.deepEqual(predictions[1], predictions[0]);
  events.length = 0;
  await convert({ model: outputDir, outputDir: newFolder(), onProgress: (event) => events.push(event) });
  assert.deepEqual(events, []);
});

test("loading a model of BERT's release warns of what its files do not say", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on("warning", listen);
  await (await loadModel(goldenPath("formats/tensorflow"))).dispose();
  await new Promise(setImmediate);
  process.off("warning", listen);
  assert.match(
    warnings.map(({ message }) => message).join("\n"),
    /^No file in \S+ says whether texts are lowered/,
  );
});

test("one file of a folder with several is named by its path, a checkpoint of TensorFlow's by the beginning of its files' names", async () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath("formats/tensorflow-classifier"), folder, { recursive: true });
  for (const end of ["index", "data-00000-of-00001"])
    cpSync(goldenPath(`formats/tensorflow/bert_model.ckpt.${end}`), join(folder, `bert_model.ckpt.${end}`));
  cpSync(goldenPath("formats/pytorch-zip/pytorch_model.bin"), join(folder, "pytorch_model.bin"));
  const namesOf = async (model: string) =>
    (await convert({ model: join(folder, model), outputDir: newFolder() })).weights;
  assert.deepEqual(await namesOf(""), ["pytorch_model.bin"]);
  assert.deepEqual(await namesOf("pytorch_model.bin"), ["pytorch_model.bin"]);
  for (const model of ["model.ckpt-7", "model.ckpt-7.index"])
    assert.deepEqual(await namesOf(model), ["model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001"]);
  const { weights } = await convert({
    model: goldenPath("formats/pytorch-sharded/pytorch_model.bin.index.json"),
    outputDir: newFolder(),
  });
  assert.deepEqual(weights, ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]);
  await assert.rejects(namesOf("bert_config.json"), {
    code: "ERR_CHECKPOINT",
    message: /does not begin as a file of torch\.save/,
  });
  await assert.rejects(namesOf("model.ckpt-8"), {
    code: "ERR_CHECKPOINT",
    message: /there is no \S+model\.ckpt-8$/,
  });
});

test("a folder is converted in its place: its older weights go, and what is the user's stays", async () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath("formats/tensorflow"), folder, { recursive: true });
  for (const name of ["README.md", "notes.txt"]) writeFileSync(join(folder, name), "own");
  await assert.rejects(convert({ model: folder, outputDir: folder }), {
    code: "ERR_OPTION",
    option: "outputDir",
  });
  await convert({ model: folder, outputDir: folder, overwrite: true });
  assert.deepEqual(readdirSync(folder).sort(), ["README.md", ...WRITTEN, "notes.txt"].sort());
  assertTensors(folder, goldenPath("formats/weights.safetensors"));
  assert.equal(readFileSync(join(folder, "README.md"), "utf8"), "own");
});

/** A sentence model's folder, with a pickle of such tensors in its dense layer. */
function withModule(tensors: Record<string, Uint8Array>, numbers: Uint8Array): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath("formats/pytorch-zip"), folder, { recursive: true });
  const types = ["Transformer", "Pooling", "Dense"];
  const modules = types.map((type, idx) => ({
    ...{ idx, path: idx === 0 ? "" : `${idx}_${type}`, type: `sentence_transformers.models.${type}` },
  }));
  writeFileSync(join(folder, "modules.json"), JSON.stringify(modules));
  mkdirSync(join(folder, "2_Dense"));
  writeFileSync(join(folder, "2_Dense/pytorch_model.bin"), p.zipFile(p.dictionary(tensors), { 0: numbers }));
  return folder;
}

test("modules of sentence-transformers have safetensors in the place of pickles, and the model's card goes with it", async () => {
  const weight = p.tensor(p.storage("0", 8), { shape: [1, 8], strides: [8, 1] });
  const numbers = new Uint8Array(Float32Array.from({ length: 8 }, (_, index) => index).buffer);
  const [folder, outputDir] = [withModule({ "linear.weight": weight }, numbers), newFolder()];
  writeFileSync(join(folder, "README.md"), "# A card");
  await convert({ model: folder, outputDir });
  assert.deepEqual(readdirSync(join(outputDir, "2_Dense")), ["model.safetensors"]);
  using reader = new SafetensorsReader(join(outputDir, "2_Dense/model.safetensors"));
  assert.deepEqual(reader.read("linear.weight"), numbers);
  assert.equal(readFileSync(join(outputDir, "README.md"), "utf8"), "# A card");
});

test("a module with numbers of a type that libbert does not read is refused, and nothing is written", async () => {
  const weight = p.tensor(p.storage("0", 8, "CharStorage"), { shape: [1, 8], strides: [8, 1] });
  const [folder, outputDir] = [withModule({ "linear.weight": weight }, new Uint8Array(8)), newFolder()];
  await assert.rejects(convert({ model: folder, outputDir }), {
    code: "ERR_CHECKPOINT",
    message:
      /2_Dense.pytorch_model\.bin: linear\.weight is of type torch\.CharStorage, which libbert does not read$/,
  });
  assert.equal(existsSync(join(outputDir, "config.json")), false);
});

/** A pickled model's folder, with some of its tensors others. */
function altered(alter: (tensors: Map<string, TensorToStore>) => void): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath("formats/pytorch-zip/config.json"), join(folder, "config.json"));
  cpSync(goldenPath("formats/pytorch-zip/vocab.txt"), join(folder, "vocab.txt"));
  const stored = new SafetensorsReader(goldenPath("formats/weights.safetensors"));
  const tensors = new Map<string, TensorToStore>();
  for (const [name, { dtype, shape }] of stored.tensors)
    tensors.set(name, { dtype: dtype!, shape, bytes: () => stored.read(name) });
  alter(tensors);
  writeSafetensors(join(folder, "model.safetensors"), tensors);
  return folder;
}

test("a decoder of its own is kept, numbers keep their types, and a tensor of no known use is refused by name", async () => {
  const outputDir = newFolder();
  const decoder = { dtype: "float16", shape: [24, 8], bytes: () => new Uint8Array(384).fill(60) } as const;
  const model = altered((tensors) => tensors.set("cls.predictions.decoder.weight", decoder));
  assert.equal((await convert({ model, outputDir })).tensors, 47);
  using own = new SafetensorsReader(join(outputDir, "model.safetensors"));
  assert.equal(own.tensors.get("cls.predictions.decoder.weight")!.dtype, "float16");

  const strange = altered((tensors) => tensors.set("bert.adapter.weight", decoder));
  await assert.rejects(
    convert({ model: strange, outputDir: newFolder() }),
    /unexpected: bert\.adapter\.weight/,
  );
  const missing = altered((tensors) => tensors.delete("bert.embeddings.LayerNorm.weight"));
  await assert.rejects(
    convert({ model: missing, outputDir: newFolder() }),
    /missing: bert\.embeddings\.LayerNorm\.weight/,
  );
});

test("an abort ends a conversion with its reason, and nothing is saved", async () => {
  const outputDir = newFolder();
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(
    convert({ model: goldenPath("formats/tensorflow"), outputDir, signal }),
    /^Error: enough$/,
  );
  assert.ok(!existsSync(outputDir));
});

test("transformers loads what was converted, with nothing missing and nothing left over", {
  skip: withoutPython,
}, async () => {
  const names = ["pytorch-legacy", "tensorflow-classifier"];
  const folders = names.map(() => newFolder());
  for (const [index, name] of names.entries())
    await convert({ model: goldenPath(`formats/${name}`), outputDir: folders[index]! });
  const saved = await checkSaved<unknown>(folders.map((folder) => [folder, []] as const));
  for (const { missing, unexpected, mismatched } of saved)
    assert.deepEqual([missing, unexpected, mismatched], [[], [], []]);
  assert.deepEqual(
    saved.map(({ name }) => name),
    ["BertForPreTraining", "BertForSequenceClassification"],
  );
});
