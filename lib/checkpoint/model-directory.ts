import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../errors.js";
import { type TensorToStore, writeSafetensors } from "../files/safetensors.js";
import { type BertConfig, CAUSAL_ARCHITECTURE, parseBertConfig } from "../models/bert-config.js";
import type { Module } from "../nn/module.js";
import { scope } from "../tensor/scope.js";

const CONFIG = "config.json";

/** Reads `config.json` of a Hugging Face model directory. */
export function readConfig(directory: string): BertConfig {
  const path = join(directory, CONFIG);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected a model directory with ${CONFIG}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  return parseBertConfig(parseJson(text, path), path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LibbertError("ERR_CHECKPOINT", `${path} is no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * Writes `config.json` and `model.safetensors` into an existing directory, as transformers lays them out.
 *
 * @param architecture the class of transformers that loads it, such as `BertForSequenceClassification`
 */
export function writeModel(
  directory: string,
  module: Module,
  config: BertConfig,
  architecture: string,
): void {
  scope(() => {
    const tensors = new Map<string, TensorToStore>();
    for (const [name, tensor] of module.namedState()) {
      tensors.set(name, { dtype: tensor.dtype, shape: tensor.shape, bytes: () => tensor.toBytes() });
    }
    writeSafetensors(join(directory, "model.safetensors"), tensors);
  });
  const direction = architecture === CAUSAL_ARCHITECTURE ? { is_decoder: true } : {};
  const json = { ...config, ...direction, architectures: [architecture] };
  writeFileSync(join(directory, CONFIG), `${JSON.stringify(json, null, 2)}\n`);
}
