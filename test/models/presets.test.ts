import assert from "node:assert/strict";
import { test } from "node:test";
import { storedHead } from "../../lib/checkpoint/stored-head.js";
import { Pooler } from "../../lib/models/heads/pooler.js";
import { type BertSize, bertPreset, parseModelConfig } from "../../lib/models/model-config.js";
import { Network } from "../../lib/models/network.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { goldenJson } from "../support/golden.js";

interface Preset {
  numHiddenLayers: number;
  hiddenSize: number;
  numAttentionHeads: number;
  intermediateSize: number;
  parameters: number;
}

const { presets } = goldenJson<{ presets: Record<BertSize, Preset> }>("presets.json");

for (const [size, expected] of Object.entries(presets) as [BertSize, Preset][]) {
  test(`preset ${size} has ${expected.parameters} parameters, as transformers counts them`, () => {
    const { family, encoder } = bertPreset(size);
    // Memory that nothing is written to is never handed out by the system, so the large ones cost nothing.
    const network = withoutInitialisation(
      () => new Network(family.createEncoder(encoder), new Pooler(encoder, family.pooler)),
    );
    const names = [...network.namedParameters()].map(([name]) => name);
    const counted = {
      numHiddenLayers: new Set(names.map((name) => /layer\.\d+\./.exec(name)?.[0]).filter(Boolean)).size,
      hiddenSize: encoder.hiddenSize,
      numAttentionHeads: encoder.numAttentionHeads,
      intermediateSize: encoder.intermediateSize,
      parameters: network.parameterCount(),
    };
    network.dispose();
    assert.deepEqual(counted, expected);
  });
}

test("a preset takes replaced fields, and refuses ones that do not fit", () => {
  assert.equal(bertPreset("tiny", { vocab_size: 100 }).encoder.vocabSize, 100);
  assert.throws(
    () => bertPreset("tiny", { vocab_size: 0 }),
    /^LibbertError: preset tiny: Expected a value above 0 for vocab_size /,
  );
});

test("a configuration gets BERT-base's values for what it lacks and keeps fields that libbert does not know", () => {
  const { family, encoder, json } = parseModelConfig(
    { num_hidden_layers: 2, pruned_heads: {} },
    "config.json",
  );
  assert.equal(family.modelType, "bert");
  assert.equal(encoder.numHiddenLayers, 2);
  assert.equal(encoder.hiddenSize, 768);
  assert.equal(encoder.layerNormEps, 1e-12);
  assert.deepEqual(json.pruned_heads, {});
});

test("a model that was trained from left to right is one like any other, and only that may be a decoder", () => {
  const causal = { architectures: ["BertLMHeadModel"], is_decoder: true };
  const config = parseModelConfig(causal, "config.json");
  assert.equal(storedHead(config), "causal-lm");
  const decoder = { architectures: ["BertForSequenceClassification"], is_decoder: true };
  assert.throws(() => parseModelConfig(decoder, "config.json"), { message: /is_decoder/ });
  for (const json of [{}, { architectures: ["BertForSequenceClassification"] }])
    assert.notEqual(storedHead(parseModelConfig(json, "config.json")), "causal-lm");
  for (const json of [null, [], "bert"]) {
    assert.throws(() => parseModelConfig(json, "config.json"), {
      code: "ERR_CHECKPOINT",
      message: "config.json: Expected a JSON object",
    });
  }
});

test("a configuration of an unknown family is refused with those that are known", () => {
  assert.throws(() => parseModelConfig({ model_type: "gpt2" }, "dir/config.json"), {
    code: "ERR_CHECKPOINT",
    message:
      'dir/config.json: Expected one of "bert", "camembert", "distilbert", "electra", "roberta", "xlm-roberta" for model_type but received "gpt2"',
  });
});

test("a configuration of another architecture is refused with every field that does not fit", () => {
  assert.throws(
    () =>
      parseModelConfig(
        {
          position_embedding_type: "relative_key",
          hidden_act: "maxout",
          is_decoder: true,
        },
        "dir/config.json",
      ),
    ({ code, message }: { code: string; message: string }) =>
      code === "ERR_CHECKPOINT" &&
      message.startsWith("dir/config.json: ") &&
      ["position_embedding_type", "hidden_act", "is_decoder"].every((field) => message.includes(field)),
  );
  assert.throws(
    () => parseModelConfig({ hidden_size: 100, num_attention_heads: 12 }, "dir/config.json"),
    /hidden_size to be a multiple of num_attention_heads but received 100 and 12/,
  );
});
