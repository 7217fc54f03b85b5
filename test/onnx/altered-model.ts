import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TensorToStore } from "../../lib/files/safetensors.js";
import type { ConfigJson } from "../../lib/models/model-config.js";
import { alterCheckpoint } from "../support/checkpoints.js";
import type { GoldenTensors } from "../support/golden.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** A copy of a golden model, tokenizer and all, with other fields in its configuration and other tensors. */
export function alteredModel(
  original: string,
  fields: ConfigJson,
  alter: (tensors: Map<string, TensorToStore>) => void = () => {},
): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath(original), folder, { recursive: true });
  alterCheckpoint(original, folder, alter);
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...configOf(folder), ...fields }));
  return folder;
}

export function configOf(folder: string): ConfigJson {
  return JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
}

/** A tensor of a golden file, to store. */
export function storedGolden(golden: GoldenTensors, name: string): TensorToStore {
  const tensor = golden.tensor(name);
  return { dtype: tensor.dtype, shape: tensor.shape, bytes: () => tensor.toBytes() };
}

/** A tensor of numbers that differ from each other, to store. */
export function storedWave(...shape: number[]): TensorToStore {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(at));
  return { dtype: "float32", shape, bytes: () => new Uint8Array(values.buffer) };
}
