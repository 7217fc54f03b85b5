import assert from "node:assert/strict";
import { test } from "node:test";
import { type BertSize, bertPreset } from "../../lib/models/model-config.js";
import { activationBytesPerToken, parameterCounts, stateBytes } from "../../lib/models/training-memory.js";
import { goldenJson } from "../support/golden.js";
import { ordinaryPeak } from "../support/measured-peak.js";

test("parameters are counted as PyTorch counts those of the published sizes", () => {
  const { presets } = goldenJson<{ presets: Record<BertSize, { parameters: number }> }>("presets.json");
  for (const [size, { parameters }] of Object.entries(presets)) {
    const { total, trained } = parameterCounts(bertPreset(size as BertSize).encoder, {});
    assert.equal(total, parameters, size);
    assert.equal(trained, parameters, size);
  }
});

test("frozen layers need weights alone", () => {
  const config = bertPreset("base").encoder;
  const state = (freezeLayers?: number) =>
    stateBytes(config, { dtype: "float32", freezeLayers, weightCopies: 2 });
  const { total, trained } = parameterCounts(config, { freezeLayers: 12 });
  assert.equal(trained, 768 * 769); // the pooler
  assert.equal(state(12), 4 * total + (4 + 8 + 8) * trained);
  assert.equal(state(), (4 + 4 + 8 + 8) * total);
  assert.ok(state(0) < state() && state(6) < state(0));
});

/** What the matrix library takes whatever the batch is: compiled kernels, and room to reorder weights. */
const SCRATCH_BYTES = 32 * 2 ** 20;

const WIDE = { layers: 6, hidden: 256, heads: 4, sequences: 4, length: 512 };

function configOf({ layers, hidden, heads }: typeof WIDE) {
  return bertPreset("tiny", {
    num_hidden_layers: layers,
    hidden_size: hidden,
    num_attention_heads: heads,
    intermediate_size: 4 * hidden,
  }).encoder;
}

for (const [dtype, shapes] of [
  ["float32", [{ layers: 12, hidden: 128, heads: 2, sequences: 16, length: 128 }, WIDE]],
  ["bfloat16", [{ ...WIDE, sequences: 2 }]], // slow where the processor has no units for it
] as const) {
  for (const checkpointing of [false, true]) {
    const how = `in ${dtype}${checkpointing ? " with gradient checkpointing" : ""}`;
    test(`the estimate of an update's memory ${how} is within a factor of two of the measured peak`, () => {
      for (const shape of shapes) {
        const plan = { dtype, gradientCheckpointing: checkpointing, weightCopies: 0 };
        const estimate = shape.sequences * shape.length * activationBytesPerToken(configOf(shape), plan);
        // 1 to 1.3 times the estimate was seen, and in bfloat16 on a processor without units for it some 30 MB more.
        const most = 2 * estimate + SCRATCH_BYTES;
        const bytes = ordinaryPeak({ ...shape, dtype, checkpointing }, most);
        assert.ok(bytes < most && bytes > estimate / 2, `${bytes} bytes, estimated ${estimate}`);
      }
    });
  }
}
