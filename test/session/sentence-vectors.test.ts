import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSentenceFiles } from "../../lib/checkpoint/sentence/files.js";
import { LibbertError } from "../../lib/errors.js";
import { writeSafetensors } from "../../lib/files/safetensors.js";
import { loadModel } from "../../lib/index.js";
import { inPython } from "../support/python.js";
import { CLS, NORMALIZE, POOLING, sentenceModel, TRANSFORMER } from "../support/sentence-model.js";
import { withoutSentenceTransformers } from "../support/sentence-transformers.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf } from "./support.js";

const TEXTS = ["the film was good", "", "the story was so ".repeat(30), "naïve quickly 東京"];

async function embeddings(folder: string, options = {}): Promise<Float32Array[]> {
  await using model = await loadModel(folder, { task: "features", dtype: "float32" });
  return model.embed(TEXTS, options);
}

test("embed pools as 1_Pooling says, reads as many tokens as sentence_bert_config.json says, and a copy does so, too", async () => {
  const folder = sentenceModel([TRANSFORMER, POOLING], {
    "1_Pooling/config.json": { word_embedding_dimension: 32, ...CLS },
    "sentence_roberta_config.json": { max_seq_length: 16, do_lower_case: false },
  });
  await using model = await loadModel(folder, { task: "features", dtype: "float32" });
  const vectors = await model.embed(TEXTS);
  const first = await model.features(TEXTS, { pooling: "cls" });
  for (const [text, vector] of vectors.entries())
    assertClose(vector, first[text]!.values, { absolute: 1e-6 });
  const [tokens] = await model.features(TEXTS.slice(2, 3), { pooling: "concat" });
  assert.equal(tokens!.shape[0], 16);
  for (const vector of await model.embed(TEXTS, { normalize: true }))
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-6);

  const copy = join(temporaryDirectory(), "copy");
  await model.save(copy);
  assert.ok(
    existsSync(join(copy, "1_Pooling/config.json")) && existsSync(join(copy, "sentence_bert_config.json")),
  );
  assert.deepEqual(readFileSync(join(copy, "modules.json")), readFileSync(join(folder, "modules.json")));
  assert.deepEqual(await embeddings(copy), vectors);
});

test("what embed does not have is refused by name, in embed alone", async () => {
  const folder = sentenceModel([
    TRANSFORMER,
    { path: "", type: "sentence_transformers.models.WeightedLayerPooling" },
  ]);
  await using model = await loadModel(folder, { dtype: "float32" });
  assert.equal((await model.features(TEXTS)).length, TEXTS.length);
  const error = await failureOf(model.embed(TEXTS));
  assert.equal(error.code, "ERR_CHECKPOINT");
  assert.match(
    error.message,
    /modules\.json asks for the module sentence_transformers\.models\.WeightedLayerPooling/,
  );
});

test("of what sentence-transformers has, what libbert has not is named", () => {
  const refusalOf = (modules: readonly object[], files: Record<string, object> = {}) => {
    const { model } = readSentenceFiles(sentenceModel(modules, files));
    assert.ok(model instanceof LibbertError, JSON.stringify([modules, files]));
    return model.message;
  };
  const withPooling = (json: object) => refusalOf([TRANSFORMER, POOLING], { "1_Pooling/config.json": json });
  assert.match(withPooling({ pooling_mode: "median" }), /the pooling "median"/);
  assert.match(withPooling({ pooling_mode: [] }), /the pooling \[\]/);
  assert.match(
    withPooling({ pooling_mode_median_tokens: true }),
    /a pooling with pooling_mode_median_tokens/,
  );
  assert.match(refusalOf([TRANSFORMER]), /no pooling/);
  assert.match(refusalOf([POOLING, TRANSFORMER]), /Pooling in "1_Pooling" as the first module/);
  assert.match(
    refusalOf([{ ...TRANSFORMER, path: "0_Transformer" }, POOLING]),
    /"0_Transformer" as the first/,
  );
  assert.match(
    refusalOf([{ ...TRANSFORMER, type: "own.Transformer" }, POOLING]),
    /the module own\.Transformer/,
  );
  assert.match(refusalOf([TRANSFORMER, { ...POOLING, path: "../1_Pooling" }]), /outside of the directory/);
  assert.match(
    refusalOf([TRANSFORMER, POOLING], {
      "config_sentence_transformers.json": { model_type: "SparseEncoder" },
    }),
    /asks for the model_type "SparseEncoder", which embed\(\) does not have/,
  );
  const text = (json: object) => refusalOf([TRANSFORMER, POOLING], { "sentence_bert_config.json": json });
  assert.match(text({ transformer_task: "fill-mask" }), /transformer_task "fill-mask"/);
  assert.match(text({ query_length: 32 }), /asks for query_length 32/);
  const byToken = { method: "forward", method_output_name: "last_hidden_state" };
  assert.match(
    text({ modality_config: { text: byToken, message: byToken } }),
    /asks for texts as messages of a chat/,
  );
  assert.match(
    text({ processing_kwargs: { text: { max_length: 6 } } }),
    /processing_kwargs {"text":{"max_length":6}}/,
  );
  assert.match(text({ tokenizer_args: { padding_side: "left" } }), /tokenizer_args\.padding_side "left"/);
  assert.match(
    refusalOf([TRANSFORMER, POOLING, { path: "2_Dense", type: "sentence_transformers.models.Dense" }], {
      "2_Dense/config.json": { activation_function: "torch.nn.modules.activation.ELU" },
    }),
    /a dense layer with "torch\.nn\.modules\.activation\.ELU"/,
  );
  assert.match(
    refusalOf([TRANSFORMER, POOLING, NORMALIZE], {
      "2_Normalize/config.json": { module_input_name: "token_embeddings" },
    }),
    /Normalize for token_embeddings/,
  );
});

test("settings of sentence-transformers that change no vector are no reason to refuse", () => {
  for (const json of [
    { model_args: { add_pooling_layer: false, torch_dtype: "float16", trust_remote_code: true } },
    { processing_kwargs: { text: {} } },
    { modality_config: { text: { method: "forward", method_output_name: "last_hidden_state" } } },
  ]) {
    const files = { "sentence_bert_config.json": json };
    const { model } = readSentenceFiles(sentenceModel([TRANSFORMER, POOLING], files));
    assert.ok(!(model instanceof LibbertError), JSON.stringify(json));
  }
});

test("a prompt that is left out and takes all tokens leaves what stands behind the text", async () => {
  const folder = sentenceModel([TRANSFORMER, POOLING], {
    "1_Pooling/config.json": { include_prompt: false },
    "sentence_bert_config.json": { max_seq_length: 4 },
  });
  await using model = await loadModel(folder, { task: "features", dtype: "float32" });
  const prompt = "the story was so good: ";
  const [vector] = await model.embed(["a film"], { prompt });
  const [states] = await model.features([`${prompt}a film`], { pooling: "concat" });
  assertClose(vector!, states!.values.slice(-vector!.length), { absolute: 1e-6 });
});

test("a dense layer whose weights embed cannot read leaves the model to all else; one with a wrong bias is damaged", async () => {
  const dense = { path: "2_Dense", type: "sentence_transformers.models.Dense" };
  const folder = sentenceModel([TRANSFORMER, POOLING, dense], { "2_Dense/config.json": {} });
  const refusal = () => (readSentenceFiles(folder).model as LibbertError).message;
  assert.match(
    refusal(),
    /models\.Dense without model\.safetensors or pytorch_model\.bin in 2_Dense, which embed\(\) does not have/,
  );
  const weight = { dtype: "uint8", shape: [1, 32], bytes: () => new Uint8Array(32) } as const;
  writeSafetensors(join(folder, "2_Dense/model.safetensors"), new Map([["linear.weight", weight]]));
  assert.match(refusal(), /with linear\.weight of type U8, which embed\(\) does not have/);

  const bytes = (count: number) => () => new Uint8Array(4 * count);
  const tensors = {
    "linear.weight": { dtype: "float32", shape: [1, 32], bytes: bytes(32) },
    "linear.bias": { dtype: "float32", shape: [2], bytes: bytes(2) },
  } as const;
  writeSafetensors(join(folder, "2_Dense/model.safetensors"), new Map(Object.entries(tensors)));
  assert.throws(refusal, /model\.safetensors: Expected 1 number for linear\.bias but received 2$/);
});

test("a dense layer may be stored in half precision, which counts as float32", () => {
  const dense = { path: "2_Dense", type: "sentence_transformers.models.Dense" };
  const folder = sentenceModel([TRANSFORMER, POOLING, dense], { "2_Dense/config.json": {} });
  const values = [1, -2, 0.5, 2 ** -24, -0];
  const stored = {
    float64: Float64Array.from(values),
    float16: Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x0001, 0x8000),
    bfloat16: Uint16Array.of(0x3f80, 0xc000, 0x3f00, 0x3380, 0x8000),
  };
  for (const [dtype, numbers] of Object.entries(stored) as [keyof typeof stored, Uint16Array][]) {
    const bytes = () => new Uint8Array(numbers.buffer);
    const weight = { dtype, shape: [1, 5], bytes };
    writeSafetensors(join(folder, "2_Dense/model.safetensors"), new Map([["linear.weight", weight]]));
    const { model } = readSentenceFiles(folder);
    assert.ok(model !== null && !(model instanceof LibbertError));
    const [layer] = model.layers;
    assert.deepEqual(layer?.kind === "dense" && [...layer.weight.values], values, dtype);
  }
});

test("files of sentence-transformers that are damaged are errors that name the file and the field", () => {
  const fails = (files: Record<string, object | string>, message: RegExp) => {
    const folder = sentenceModel([TRANSFORMER, POOLING], files as Record<string, object>);
    assert.throws(() => readSentenceFiles(folder), { code: "ERR_CHECKPOINT", message });
  };
  fails({ "modules.json": {} }, /modules\.json: Expected an array for the file but received \{\}$/);
  fails(
    { "modules.json": [{}] },
    /modules\.json: Expected a string for 0\.path but received none; .* for 0\.type/,
  );
  fails(
    { "1_Pooling/config.json": { include_prompt: 3 } },
    /Expected a boolean for include_prompt but received 3/,
  );
  const settings = { default_prompt_name: "toString", prompts: { query: "q: " } };
  fails(
    { "config_sentence_transformers.json": settings },
    /for default_prompt_name but received "toString"$/,
  );
});

const IN_PYTHON = `
import json, sys
from sentence_transformers import SentenceTransformer
texts = json.loads(sys.stdin.readline())
for folder in sys.argv[1:]:
    print(json.dumps(SentenceTransformer(folder, device="cpu").encode(texts).tolist()))
`;

test("vectors are those of sentence-transformers, of every pooling, layer and prompt, in old spellings and new", {
  skip: withoutSentenceTransformers,
}, async () => {
  const pooled = (json: object, files = {}) =>
    sentenceModel([TRANSFORMER, POOLING], {
      "1_Pooling/config.json": { word_embedding_dimension: 32, ...json },
      "sentence_bert_config.json": { max_seq_length: 16 },
      ...files,
    });
  const prompts = { prompts: { query: "the story: " }, default_prompt_name: "query" };
  const dense = sentenceModel(
    [TRANSFORMER, POOLING, { path: "2_Dense", type: "sentence_transformers.models.Dense" }, NORMALIZE],
    {
      "1_Pooling/config.json": { word_embedding_dimension: 32 },
      "2_Dense/config.json": {
        in_features: 32,
        out_features: 3,
        activation_function: "torch.nn.modules.activation.Tanh",
      },
      "config_sentence_transformers.json": { truncate_dim: 2 },
    },
  );
  const numbers = (count: number) =>
    new Uint8Array(Float32Array.from({ length: count }, (_, i) => Math.sin(i)).buffer);
  writeSafetensors(
    join(dense, "2_Dense/model.safetensors"),
    new Map([
      ["linear.weight", { dtype: "float32", shape: [3, 32], bytes: () => numbers(96) }],
      ["linear.bias", { dtype: "float32", shape: [3], bytes: () => numbers(3) }],
    ]),
  );
  const folders = [
    pooled(CLS),
    pooled({ pooling_mode: ["max", "lasttoken"] }),
    pooled({ pooling_mode_mean_sqrt_len_tokens: true, pooling_mode_weightedmean_tokens: true }),
    pooled({}, { "config_sentence_transformers.json": prompts }),
    pooled({ pooling_mode: "mean", include_prompt: false }, { "config_sentence_transformers.json": prompts }),
    pooled(
      { pooling_mode: "mean", include_prompt: false },
      { "config_sentence_transformers.json": prompts, "sentence_bert_config.json": { max_seq_length: 4 } },
    ),
    dense,
  ];
  const theirs = await inPython<number[][]>(IN_PYTHON, folders, TEXTS);
  for (const [index, folder] of folders.entries())
    for (const [text, vector] of (await embeddings(folder)).entries())
      assertClose(
        vector,
        theirs[index]![text]!,
        { absolute: 2e-5, relative: 1e-5 },
        `${index}, text ${text}`,
      );
});
