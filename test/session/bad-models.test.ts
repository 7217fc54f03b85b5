import "../support/own-process.js";
import "../support/one-thread.js";

import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { assertFails, assertRunFails, directory } from "./refusals.js";
import { TINY } from "./support.js";
import { assertNothingLeft } from "./workers.js";

afterEach(() => assertNothingLeft(0));

/** A copy of the tiny model's directory, to be damaged. */
function copyOfTiny(name: string): string {
  const copy = join(directory, name);
  cpSync(TINY, copy, { recursive: true });
  return copy;
}

function changeJson(path: string, change: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, "utf8"));
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

test("a model directory that is missing or incomplete is named", async () => {
  const code = "ERR_CHECKPOINT";
  const missing = join(directory, "no-model");
  const withoutTokenizer = copyOfTiny("no-tokenizer");
  for (const name of ["tokenizer.json", "vocab.txt", "tokenizer_config.json"])
    rmSync(join(withoutTokenizer, name));
  const withoutWeights = copyOfTiny("no-weights");
  rmSync(join(withoutWeights, "model.safetensors"));
  const cases: [string, RegExp][] = [
    [missing, /^Expected a model directory with a config\.json but there is no DIR\/no-model$/],
    [withoutTokenizer, /^DIR\/no-tokenizer: Expected a tokenizer\.json or a vocab\.txt but received/],
    [
      withoutWeights,
      /^Expected model\.safetensors or pytorch_model\.bin, an index of shards of either, or a TensorFlow checkpoint in DIR\/no-weights but found only/,
    ],
  ];
  for (const [path, message] of cases) {
    await assertRunFails({ model: path }, { code, message });
    await assertFails(loadModel(path), { code, message });
  }
});

test("a damaged or unfitting model directory is named, with what does not fit", async () => {
  const code = "ERR_CHECKPOINT";
  const truncated = copyOfTiny("truncated");
  truncateSync(join(truncated, "model.safetensors"), 60_000);
  const corrupted = copyOfTiny("corrupted");
  const bytes = readFileSync(join(corrupted, "model.safetensors"));
  bytes.fill(0x58, 8, 40); // the start of the header's JSON
  writeFileSync(join(corrupted, "model.safetensors"), bytes);
  const noContainer = copyOfTiny("no-container");
  writeFileSync(join(noContainer, "model.safetensors"), "these are no weights at all");
  const largeVocabulary = copyOfTiny("large-vocabulary");
  changeJson(join(largeVocabulary, "tokenizer.json"), (json) => {
    const { vocab } = json.model as { vocab: Record<string, number> };
    for (let id = 114; id < 120; id++) vocab[`extra${id}`] = id;
  });
  const wider = copyOfTiny("wider");
  changeJson(join(wider, "config.json"), (config) => Object.assign(config, { intermediate_size: 96 }));
  const deeper = copyOfTiny("deeper");
  changeJson(join(deeper, "config.json"), (config) => Object.assign(config, { num_hidden_layers: 3 }));
  const otherKind = copyOfTiny("other-kind");
  changeJson(join(otherKind, "config.json"), (config) => Object.assign(config, { model_type: "gpt2" }));
  const noJson = copyOfTiny("no-json");
  writeFileSync(join(noJson, "config.json"), "{");

  const cases: [string, RegExp][] = [
    [truncated, /^DIR\/truncated\/model\.safetensors is damaged: .* was cut short$/],
    [corrupted, /^DIR\/corrupted\/model\.safetensors is damaged: its header is no JSON/],
    [noContainer, /^DIR\/no-container\/model\.safetensors is damaged: its header claims/],
    [largeVocabulary, /^DIR\/large-vocabulary: the tokenizer has 120 pieces, but the model embeds only 114$/],
    [
      wider,
      /^The weights in DIR\/wider do not fit the model:\n.*intermediate\.dense\.\w+: \[64.*asks for \[96/,
    ],
    [deeper, /^The weights in DIR\/deeper do not fit the model:\n {2}missing: (bert\.)?encoder\.layer\.2\./],
    [
      otherKind,
      /^DIR\/other-kind\/config\.json: Expected one of "bert", .*"xlm-roberta" for model_type but received "gpt2"$/,
    ],
    [noJson, /^DIR\/no-json\/config\.json is not JSON/],
  ];
  for (const [path, message] of cases) {
    await assertRunFails({ model: path }, { code, message });
    await assertFails(loadModel(path), { code, message });
  }
});

test("a model that was not fine-tuned is no classifier", async () => {
  const encoder = copyOfTiny("encoder");
  changeJson(join(encoder, "config.json"), (config) => {
    delete config.id2label;
    delete config.label2id;
    config.architectures = ["BertModel"];
  });
  await assertFails(loadModel(encoder, { task: "classification" }), {
    code: "ERR_CHECKPOINT",
    message:
      "Expected a model for classification in DIR/encoder but it is an encoder that was not fine-tuned",
  });
});

test("a classifier with one label, or with more outputs than labels, is refused", async () => {
  const single = copyOfTiny("single");
  changeJson(join(single, "config.json"), (config) => {
    Object.assign(config, { id2label: { 0: "only" }, problem_type: "single_label_classification" });
  });
  await assertFails(loadModel(single), {
    code: "ERR_CHECKPOINT",
    message: /^Expected the labels of a classifier \(id2label\) in DIR\/single\/config\.json/,
  });
  const unnamed = copyOfTiny("unnamed"); // transformers leaves out the names of two outputs; this one has three
  changeJson(join(unnamed, "config.json"), (config) => {
    delete config.id2label;
  });
  await assertFails(loadModel(unnamed), {
    code: "ERR_CHECKPOINT",
    message: /^The weights in DIR\/unnamed do not fit the model:\n.*classifier\.\w+: \[3.*asks for \[2/,
  });
});

test("a checkpoint that holds a NaN is not trained from, and predicts nothing", async () => {
  const spoilt = copyOfTiny("spoilt");
  const path = join(spoilt, "model.safetensors");
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString());
  const [start] = header["bert.encoder.layer.0.output.dense.bias"].data_offsets;
  bytes.writeFloatLE(Number.NaN, 8 + headerLength + start);
  writeFileSync(path, bytes);

  await assertRunFails(
    { model: spoilt },
    {
      code: "ERR_CHECKPOINT",
      message:
        /^Expected finite numbers in the weights of .* but bert\.encoder\.layer\.0\.output\.dense\.bias holds others$/,
    },
  );
  await using loaded = await loadModel(spoilt, { task: "classification" });
  const message = /^The model's output is not a finite number/;
  await assertFails(loaded.predict(["a film"]), { code: "ERR_NON_FINITE", message });
});
