import assert from "node:assert/strict";
import { test } from "node:test";
import { type BertSize, bertPreset, isCausal, parseBertConfig } from "../../lib/models/bert-config.js";
import { BertModel } from "../../lib/models/bert-model.js";
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
    const config = bertPreset(size);
    // Memory that nothing is written to is never handed out by the system, so the large ones cost nothing.
    const model = withoutInitialisation(() => new BertModel(config));
    const counted = {
      numHiddenLayers: model.encoder.layer.length,
      hiddenSize: config.hidden_size,
      numAttentionHeads: config.num_attention_heads,
      intermediateSize: config.intermediate_size,
      parameters: model.parameterCount(),
    };
    model.dispose();
    assert.deepEqual(counted, expected);
  });
}

test("a preset takes replaced fields, and refuses ones that do not fit", () => {
  assert.equal(bertPreset("tiny", { vocab_size: 100 }).vocab_size, 100);
  assert.throws(() => bertPreset("tiny", { vocab_size: 0 }), /^LibbertError: preset tiny: vocab_size: /);
});

test("a configuration gets BERT-base's values for what it lacks and keeps fields that libbert does not know", () => {
  const config = parseBertConfig({ num_hidden_layers: 2, pruned_heads: {} }, "config.json");
  assert.equal(config.hidden_size, 768);
  assert.equal(config.layer_norm_eps, 1e-12);
  assert.deepEqual(config.pruned_heads, {});
});

test("a model that was trained from left to right is one like any other, and only that may be a decoder", () => {
  const causal = { architectures: ["BertLMHeadModel"], is_decoder: true };
  const config = parseBertConfig(causal, "config.json");
  assert.ok(isCausal(config));
  assert.ok(!("is_decoder" in config));
  const decoder = { architectures: ["BertForSequenceClassification"], is_decoder: true };
  assert.throws(() => parseBertConfig(decoder, "config.json"), { message: /is_decoder/ });
  for (const json of [null, [], {}, decoder]) assert.ok(!isCausal(json));
});

test("a configuration of another architecture is refused with every field that does not fit", () => {
  assert.throws(
    () =>
      parseBertConfig(
        {
          model_type: "roberta",
          position_embedding_type: "relative_key",
          hidden_act: "silu",
          is_decoder: true,
        },
        "dir/config.json",
      ),
    ({ code, message }: { code: string; message: string }) =>
      code === "ERR_CHECKPOINT" &&
      message.startsWith("dir/config.json: ") &&
      ["model_type", "position_embedding_type", "hidden_act", "is_decoder"].every((field) =>
        message.includes(field),
      ),
  );
  assert.throws(
    () => parseBertConfig({ hidden_size: 100, num_attention_heads: 12 }, "dir/config.json"),
    /hidden_size to be a multiple of num_attention_heads but received 100 and 12/,
  );
});
