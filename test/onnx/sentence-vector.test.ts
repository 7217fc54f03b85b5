import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DENSE_ACTIVATIONS, SENTENCE_POOLINGS } from "../../lib/checkpoint/sentence/model.js";
import { writeSafetensors } from "../../lib/files/safetensors.js";
import { fineTune } from "../../lib/index.js";
import { loadSaved } from "../../lib/session/load-saved.js";
import { BERT_LAYOUT } from "../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { failureOf, rowsOf, tinyRun } from "../session/support.js";
import { NORMALIZE, POOLING, sentenceModel, TRANSFORMER } from "../support/sentence-model.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { storedWave } from "./altered-model.js";
import { exported, type Output, runOnnx } from "./run-onnx.js";

const TEXTS = ["the film was good", "", "the story was so good that we saw it twice"];
const MAX_LENGTH = 16;

const DENSE = { path: "2_Dense", type: "sentence_transformers.models.Dense" };
const LAYER_NORM = { path: "2_LayerNorm", type: "sentence_transformers.models.LayerNorm" };

function pooled(
  pooling: object,
  modules: readonly object[] = [],
  files: Record<string, object> = {},
): string {
  return sentenceModel([TRANSFORMER, POOLING, ...modules], {
    "1_Pooling/config.json": { word_embedding_dimension: 32, ...pooling },
    "sentence_bert_config.json": { max_seq_length: MAX_LENGTH },
    ...files,
  });
}

/** The vector that the exported model gives each text, beside the one of `embed()`. */
async function assertSameVectors(folder: string, exportedTo?: string): Promise<Output> {
  const directory = exportedTo ?? (await exported(folder));
  const tokenizer = await TextTokenizer.load(directory, { ...BERT_LAYOUT, tokenTypes: 2 });
  const sequences = await tokenizer.encodeBatch(TEXTS, { maxLength: MAX_LENGTH });
  const outputs = await runOnnx(join(directory, "onnx/model.onnx"), { sequences, paddingId: 0 });
  assert.deepEqual(Object.keys(outputs), ["last_hidden_state", "sentence_embedding"]);
  const { model } = await loadSaved(folder, { device: "cpu", dtype: "float32" });
  const own = (await model.features.embed(TEXTS)).flatMap(({ vector }) => [...vector]);
  model.dispose();
  assertClose(outputs.sentence_embedding!.values, own, { absolute: 1e-4 });
  return outputs.sentence_embedding!;
}

for (const pooling of SENTENCE_POOLINGS)
  test(`the pooling ${pooling}: onnxruntime gives the vector of embed()`, async () => {
    await assertSameVectors(pooled({ pooling_mode: pooling }));
  });

test("several poolings, normalisation and fewer numbers: onnxruntime gives the vector of embed()", async () => {
  const settings = { "config_sentence_transformers.json": { truncate_dim: 40 } };
  const { shape } = await assertSameVectors(pooled({ pooling_mode: ["mean", "max"] }, [NORMALIZE], settings));
  assert.deepEqual(shape, [3, 40]);
});

for (const activation of Object.keys(DENSE_ACTIVATIONS))
  for (const residual of [false, true])
    test(`a dense layer with ${activation}${residual ? " and a residual" : ""}: onnxruntime gives the vector of embed()`, async () => {
      const fields = { activation_function: activation, use_residual: residual };
      const folder = pooled({}, [DENSE], { "2_Dense/config.json": fields });
      const tensors = new Map([
        ["linear.weight", storedWave(3, 32)],
        ["linear.bias", storedWave(3)],
        ...(residual ? ([["residual.weight", storedWave(3, 32)]] as const) : []),
      ]);
      writeSafetensors(join(folder, "2_Dense/model.safetensors"), tensors);
      const { shape } = await assertSameVectors(folder);
      assert.deepEqual(shape, [3, 3]);
    });

test("a LayerNorm behind the pooling: onnxruntime gives the vector of embed()", async () => {
  const folder = pooled({}, [LAYER_NORM], { "2_LayerNorm/config.json": {} });
  const tensors = new Map([
    ["norm.weight", storedWave(32)],
    ["norm.bias", storedWave(32)],
  ]);
  writeSafetensors(join(folder, "2_LayerNorm/model.safetensors"), tensors);
  await assertSameVectors(folder);
});

test("a model that was just trained for vectors is exported with them", async () => {
  const train = rowsOf(8).map(({ text }) => ({ anchor: text, positive: text.toUpperCase() }));
  await using model = await fineTune({ ...tinyRun, task: "embedding", maxSeqLength: MAX_LENGTH, train });
  const folder = temporaryDirectory();
  await model.save(join(folder, "saved"));
  await model.exportOnnx(join(folder, "export"));
  await assertSameVectors(join(folder, "saved"), join(folder, "export"));
});

test("where modules.json asks for what embed() does not have, the hidden state alone is exported", async () => {
  const other = { path: "", type: "sentence_transformers.models.WeightedLayerPooling" };
  const directory = await exported(sentenceModel([TRANSFORMER, other]));
  const batch = { sequences: [{ inputIds: [2, 3], tokenTypeIds: [0, 0] }], paddingId: 0 };
  const outputs = await runOnnx(join(directory, "onnx/model.onnx"), batch);
  assert.deepEqual(Object.keys(outputs), ["last_hidden_state"]);
});

test("the export keeps the files of sentence-transformers, and the length to which it cuts texts", async () => {
  const directory = await exported(pooled({}));
  const json = (name: string) => JSON.parse(readFileSync(join(directory, name), "utf8"));
  assert.equal(json("modules.json").length, 2);
  assert.equal(json("sentence_bert_config.json").max_seq_length, MAX_LENGTH);
  assert.equal(json("tokenizer_config.json").model_max_length, MAX_LENGTH);
});

test("a model whose texts are changed before the tokenizer sees them is refused by the field that says so", async () => {
  const prompts = { prompts: { query: "the story: " }, default_prompt_name: "query" };
  const prompted = await failureOf(
    exported(pooled({}, [], { "config_sentence_transformers.json": prompts })),
  );
  assert.equal(prompted.code, "ERR_CHECKPOINT");
  assert.match(prompted.message, /has default_prompt_name in config_sentence_transformers\.json: remove it/);
});

test("do_lower_case is refused where the tokenizer does not do it itself", async () => {
  const lowering = { "sentence_bert_config.json": { do_lower_case: true } };
  const folder = pooled({}, [], lowering);
  await exported(folder); // the tokenizer of an uncased BERT
  const path = join(folder, "tokenizer_config.json");
  const settings = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...settings, do_lower_case: false }));
  const refused = await failureOf(exported(folder));
  assert.match(refused.message, /has do_lower_case in sentence_bert_config\.json: remove it/);
});
