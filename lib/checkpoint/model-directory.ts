import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDirectory } from "../files/is-directory.js";
import { readModelJson } from "../files/regular-file.js";
import { requirePath } from "../files/require-path.js";
import { type TensorToStore, writeSafetensors } from "../files/safetensors.js";
import { type ConfigJson, type ModelConfig, parseModelConfig } from "../models/model-config.js";
import { filesMetadata } from "./files-beside.js";
import { noConfig } from "./foreign-files.js";
import { RELEASE_CONFIG, releaseConfig } from "./release-config.js";
import type { WeightFiles } from "./weight-files.js";

const CONFIG = "config.json";

/**
 * Reads `config.json` of a Hugging Face model directory, or where there is none the `bert_config.json` of BERT's release.
 *
 * @param files with the weights, which tell what `bert_config.json` does not. Default: those that count in the directory
 * @throws LibbertError ERR_CHECKPOINT that says what is there instead, and what helps
 */
export function readConfig(directory: string, files?: WeightFiles): ModelConfig {
  requirePath(directory, "a model directory", "directory");
  if (!isDirectory(directory)) throw noConfig(directory);
  const path = join(directory, CONFIG);
  const json = readModelJson(path);
  if (json !== undefined) return parseModelConfig(json, path);
  const released = releaseConfig(directory, files);
  if (released === undefined) throw noConfig(directory);
  return parseModelConfig(released, join(directory, RELEASE_CONFIG));
}

/**
 * Writes `config.json` and `model.safetensors` into an existing directory, as transformers lays them out.
 *
 * @param tensors by the checkpoint's names
 * @param others files of the model that are there already. With the weights a checksum of each is stored, and of `config.json`: when
 *   one of them has changed, `loadModel` says so
 */
export function writeModel(
  directory: string,
  json: ConfigJson,
  tensors: ReadonlyMap<string, TensorToStore>,
  others: readonly string[] = [],
): void {
  requirePath(directory, "a directory", "directory");
  writeFileSync(join(directory, CONFIG), `${JSON.stringify(json, null, 2)}\n`);
  const metadata = filesMetadata(directory, [CONFIG, ...others]);
  writeSafetensors(join(directory, "model.safetensors"), tensors, metadata);
}
