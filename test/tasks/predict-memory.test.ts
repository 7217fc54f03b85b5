import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseModelConfig } from "../../lib/models/model-config.js";
import { goldenPath } from "../support/golden.js";
import { newNetwork, writeNetwork } from "../support/networks.js";
import type { PredictSettings } from "../support/predict-peak-memory.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const program = fileURLToPath(new URL("../support/predict-peak-memory.js", import.meta.url));
const TINY = goldenPath("tiny-bert");

/** A random BERT with the tiny model's tokenizer and labels. @returns how many weights it has */
function writeModel(directory: string, sizes: { vocab_size: number; num_hidden_layers: number }): number {
  cpSync(TINY, directory, { recursive: true });
  const json = {
    ...JSON.parse(readFileSync(join(TINY, "config.json"), "utf8")),
    ...{ hidden_size: 512, num_attention_heads: 8, intermediate_size: 2048 },
    ...sizes,
  };
  const network = newNetwork(parseModelConfig(json, "config.json"), "sequence-classification", 3);
  writeNetwork(directory, network, json);
  const weights = network.parameterCount();
  network.dispose();
  return weights;
}

/** A model of some 25 million weights, and one of an eighth of them whose layers are alike: it needs the same compiled kernels. */
function writeModels(): { directory: string; small: string; weights: number } {
  const [directory, small] = [temporaryDirectory(), temporaryDirectory()];
  writeModel(small, { vocab_size: 200, num_hidden_layers: 1 });
  const weights = writeModel(directory, { vocab_size: 24_000, num_hidden_layers: 4 });
  return { directory, small, weights };
}

function memoryOf(settings: PredictSettings): { bytes: number; resident: number } {
  const output = execFileSync(process.execPath, [program, JSON.stringify(settings)], { encoding: "utf8" });
  return JSON.parse(output);
}

// What loading needs, whatever the size of the model, such as the slices in which a file is read. A copy of the largest tensor
// would be 12, 24 or 48 MB.
const BESIDE = 8e6;

test("a model that only predicts has each weight once, in the type that it computes in, at its peak as well", () => {
  const { directory, small, weights } = writeModels();
  assert.ok(weights > 24e6 && weights < 27e6, `${weights} weights`);
  for (const [dtype, own] of [
    ["bfloat16", 2],
    ["float32", 4],
  ] as const) {
    const { bytes } = memoryOf({ small, directory, dtype });
    assert.ok(bytes <= 1.1 * own * weights + BESIDE, `${dtype}: ${bytes / weights} bytes a weight`);
    assert.ok(bytes > 0.9 * own * weights, `${dtype}: ${bytes / weights} bytes a weight: were they loaded?`);
  }
});

test("a model in int8 that only predicts has little more than a byte for each weight, once it is loaded", () => {
  const { directory, small, weights } = writeModels();
  const { resident } = memoryOf({ small, directory, dtype: "int8" });
  assert.ok(resident < 1.1 * weights + BESIDE, `${resident / weights} bytes a weight`);
  assert.ok(resident > 0.9 * weights, `${resident / weights} bytes a weight: were they loaded?`);
});
