import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../errors.js";
import { type TensorToStore, writeSafetensors } from "../files/safetensors.js";
import { type ConfigJson, type ModelConfig, parseModelConfig } from "../models/model-config.js";

const CONFIG = "config.json";

/** Reads `config.json` of a Hugging Face model directory. @throws LibbertError ERR_CHECKPOINT */
export function readConfig(directory: string): ModelConfig {
  const path = join(directory, CONFIG);
  return parseModelConfig(parseJson(readText(path), path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { message } = error as Error;
    throw new LibbertError("ERR_CHECKPOINT", `Expected a model directory with ${CONFIG}: ${message}`, {
      cause: error,
    });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LibbertError("ERR_CHECKPOINT", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * Writes `config.json` and `model.safetensors` into an existing directory, as transformers lays them out.
 *
 * @param tensors by the checkpoint's names
 */
export function writeModel(
  directory: string,
  json: ConfigJson,
  tensors: ReadonlyMap<string, TensorToStore>,
): void {
  writeSafetensors(join(directory, "model.safetensors"), tensors);
  writeFileSync(join(directory, CONFIG), `${JSON.stringify(json, null, 2)}\n`);
}
