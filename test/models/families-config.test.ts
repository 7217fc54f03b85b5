import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { longestSequence } from "../../lib/models/encoder-config.js";
import { checkpointName, type Family, headKindOf } from "../../lib/models/families/family.js";
import { FAMILIES } from "../../lib/models/families/find-family.js";
import { Pooler } from "../../lib/models/heads/pooler.js";
import { parseModelConfig } from "../../lib/models/model-config.js";
import { startDropoutStream } from "../../lib/tensor/random.js";
import { goldenPath, inputOf } from "../support/golden.js";
import { loadSavedEncoder, newNetwork } from "../support/networks.js";

const parse = (json: object) => parseModelConfig(json, "config.json");

test("DistilBERT's fields have other names, no dropout after attention, and dropouts of their own in the heads", () => {
  const { family, encoder } = readConfig(goldenPath("families/tiny-distilbert"));
  assert.equal(family.modelType, "distilbert");
  assert.deepEqual(encoder, {
    vocabSize: 114,
    hiddenSize: 32,
    embeddingSize: null,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    intermediateSize: 64,
    activation: "gelu",
    hiddenDropout: 0.1,
    attentionDropout: 0.1,
    attentionOutputDropout: 0,
    maxPositionEmbeddings: 64,
    firstPosition: 0,
    typeVocabSize: 0,
    paddingId: 0,
    initializerRange: 0.02,
    layerNormEps: 1e-12,
    tiesWordEmbeddings: true,
    headDropout: { sequence: 0.2, choice: 0.2, token: 0.1, answer: 0.1 },
  });
});

test("RoBERTa's positions begin behind the padding's, so that two rows fewer are left for a text", () => {
  for (const name of ["tiny-roberta", "tiny-xlm-roberta"]) {
    const { encoder } = readConfig(goldenPath(`families/${name}`));
    assert.equal(encoder.firstPosition, 2);
    assert.equal(encoder.maxPositionEmbeddings, 66);
    assert.equal(longestSequence(encoder), 64);
    assert.equal(encoder.paddingId, 1);
    assert.equal(encoder.typeVocabSize, 1);
    assert.equal(encoder.layerNormEps, 1e-5);
  }
  assert.equal(longestSequence(parse({}).encoder), 512);
});

test("what a family's config.json leaves out has the values of transformers' class", () => {
  const distilbert = parse({ model_type: "distilbert" }).encoder;
  assert.deepEqual(
    [distilbert.numHiddenLayers, distilbert.intermediateSize, distilbert.headDropout.sequence],
    [6, 3072, 0.2],
  );
  const roberta = parse({ model_type: "roberta" }).encoder;
  assert.deepEqual([roberta.vocabSize, roberta.paddingId, roberta.firstPosition], [50265, 1, 2]);
  assert.equal(parse({ model_type: "xlm-roberta" }).encoder.vocabSize, 30522);
  assert.equal(parse({ model_type: "camembert" }).encoder.firstPosition, 2);
  const electra = parse({ model_type: "electra" }).encoder;
  assert.deepEqual(
    [electra.embeddingSize, electra.hiddenSize, electra.intermediateSize, electra.headDropout.choice],
    [128, 256, 1024, 0.1],
  );
});

test("classifier_dropout is not for multiple choice in RoBERTa, as in transformers' class", () => {
  const json = { hidden_dropout_prob: 0.1, classifier_dropout: 0.3 };
  const bert = parse(json).encoder.headDropout;
  assert.deepEqual([bert.sequence, bert.choice], [0.3, 0.3]);
  const roberta = parse({ ...json, model_type: "roberta" }).encoder.headDropout;
  assert.deepEqual([roberta.sequence, roberta.choice], [0.3, 0.1]);
});

test("what a family has not is refused by field", () => {
  for (const [json, field] of [
    [{ model_type: "distilbert", activation: "mish" }, 'activation but received "mish"'],
    [{ model_type: "roberta", is_decoder: true }, "Expected false for is_decoder but received true"],
    [
      { model_type: "roberta", pad_token_id: null },
      "Expected a finite number for pad_token_id but received null",
    ],
    [
      { model_type: "xlm-roberta", position_embedding_type: "relative_key" },
      'Expected "absolute" for position_embedding_type but received "relative_key"',
    ],
    [{ add_cross_attention: true }, "Expected false for add_cross_attention but received true"],
    [
      { pruned_heads: { 0: [1, 2] } },
      'Expected no heads that were pruned for pruned_heads but received {"0":[1,2]}',
    ],
    [{ quantization_config: { bits: 4 } }, 'for quantization_config but received {"bits":4}'],
    [
      { transformers_weights: "own.safetensors" },
      'Expected "model.safetensors" for transformers_weights but received "own.safetensors"',
    ],
    [{ auto_map: { AutoConfig: "own.Own" } }, "for model_type but received undefined"],
    [{ hidden_size: "large" }, 'Expected a finite number for hidden_size but received "large"'],
    [{ num_hidden_layers: -1 }, "Expected a value above 0 for num_hidden_layers but received -1"],
  ] as const)
    assert.throws(
      () => parse(json),
      ({ code, message }: { code: string; message: string }) =>
        code === "ERR_CHECKPOINT" && message.startsWith("config.json: ") && message.includes(field),
    );
});

test("what changes no number is no reason to refuse a config.json", () => {
  const { encoder } = parse({});
  for (const json of [
    ...[{ pruned_heads: {} }, { pruned_heads: null }, { quantization_config: null }, { auto_map: {} }],
    { model_type: "bert", auto_map: { AutoConfig: "own.Own", AutoModel: "own.Own" } },
    ...[{ auto_map: { AutoTokenizer: ["own.py--Own", null] } }, { is_encoder_decoder: true }],
    ...[{ torch_dtype: "float16" }, { dtype: "bfloat16" }, { use_cache: false }, { output_attentions: true }],
    ...[{ chunk_size_feed_forward: 4 }, { attn_implementation: "eager" }, { gradient_checkpointing: true }],
    ...[{ sep_token_id: 9 }, { bos_token_id: null }, { tie_encoder_decoder: false }, { pooler_fc_size: 3 }],
    ...[{ transformers_weights: "model.safetensors" }, { transformers_weights: null }],
    ...[{ position_embedding_type: null }, { num_labels: 5 }, { id2label: null }],
    ...[{ problem_type: null }, { finetuning_task: "mrpc" }, { _name_or_path: "x" }, { architectures: null }],
  ])
    assert.deepEqual(parse(json).encoder, encoder, JSON.stringify(json));
  assert.equal(parse({ pad_token_id: -1 }).encoder.paddingId, 30521);
  assert.equal(parse({ hidden_dropout_prob: 1 }).encoder.hiddenDropout, 1);
  assert.equal(parse({ layer_norm_eps: 0, initializer_range: 0 }).encoder.layerNormEps, 0);
});

test("DistilBERT reads no positions of other kinds and no decoder's fields, as in transformers, and takes other names of its sizes", () => {
  const distilbert = (json: object) => parse({ model_type: "distilbert", ...json });
  const { encoder } = distilbert({});
  for (const json of [
    { is_decoder: true },
    { add_cross_attention: true },
    { position_embedding_type: "relative_key" },
  ])
    assert.deepEqual(distilbert(json).encoder, encoder, JSON.stringify(json));
  const shortened = distilbert({
    num_hidden_layers: 2,
    n_layers: 3,
    hidden_size: 24,
    num_attention_heads: 4,
  });
  assert.deepEqual(shortened.json, { model_type: "distilbert", n_layers: 2, dim: 24, n_heads: 4 });
  assert.equal(shortened.encoder.numHiddenLayers, 2);
});

test("a family that is none of these is refused by its name, with the list of those that are", () => {
  const others = ["albert", "deberta-v2", "mpnet", "modernbert", "nomic_bert", "new", "convbert", "xlnet"];
  for (const other of others)
    assert.throws(() => parse({ model_type: other }), {
      code: "ERR_CHECKPOINT",
      message:
        'config.json: Expected one of "bert", "camembert", "distilbert", "electra", "roberta", "xlm-roberta" for ' +
        `model_type but received "${other}"`,
    });
});

test("fields that do not fit each other are refused by their names in the file", () => {
  for (const [json, message] of [
    [
      { model_type: "distilbert", dim: 100, n_heads: 12 },
      /dim to be a multiple of n_heads but received 100 and 12/,
    ],
    [{ model_type: "roberta", max_position_embeddings: 2 }, /more than 2 for max_position_embeddings/],
    [{ vocab_size: 8, pad_token_id: 8 }, /less than vocab_size, 8, for pad_token_id but received 8/],
  ] as const)
    assert.throws(() => parse(json), { code: "ERR_CHECKPOINT", message });
});

test("sinusoidal_pos_embds is about how a new table begins: a stored one loads, and is trained", () => {
  const { family, encoder } = parse({ model_type: "distilbert", sinusoidal_pos_embds: true });
  assert.deepEqual(encoder, parse({ model_type: family.modelType }).encoder);
});

test("of every head of every family each parameter has a name of its own, and its class is found again", () => {
  const small = {
    ...{ vocab_size: 8, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8 },
    ...{ dim: 8, n_layers: 1, n_heads: 2, hidden_dim: 8 },
  };
  for (const family of FAMILIES) {
    const config = parse({ model_type: family.modelType, ...small });
    for (const [kind, { architecture }] of Object.entries(family.heads)) {
      const head = kind as keyof Family["heads"];
      const network = newNetwork(config, head);
      for (const own of [network.namedState(), network.namedParameters()]) {
        const names = Array.from(own, ([name]) => checkpointName(family, head, name));
        assert.equal(new Set(names).size, names.length, `${family.modelType} ${kind}`);
      }
      assert.equal(headKindOf(family, architecture), head);
    }
    assert.equal(headKindOf(family, family.encoderArchitecture), null);
    assert.equal(headKindOf(family, "AnotherForSequenceClassification"), undefined);
  }
});

test("before the pooler's layer there is dropout in RoBERTa's classifier and ELECTRA's, and only in training", () => {
  for (const { family, directory } of [
    { family: "bert", directory: "tiny-bert" },
    { family: "distilbert", directory: "families/tiny-distilbert" },
    { family: "roberta", directory: "families/tiny-roberta" },
    { family: "electra", directory: "families/tiny-electra" },
  ]) {
    const config = readConfig(goldenPath(directory));
    const { encoder } = loadSavedEncoder(goldenPath(directory));
    const pooler = new Pooler(config.encoder, config.family.pooler);
    const input = inputOf([{ inputIds: [2, 40, 50, 3], tokenTypeIds: [0, 0, 0, 0] }]);
    const encoded = encoder.forward(input);
    const pooled = (training: boolean) => {
      startDropoutStream(5, 2);
      return pooler.train(training).forward(encoded, input).toArray();
    };
    const isDropped = String(pooled(true)) !== String(pooled(false));
    assert.equal(isDropped, family === "roberta" || family === "electra", family);
  }
});
