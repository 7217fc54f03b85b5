import { existsSync, readdirSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { LibbertError } from "../errors.js";
import { ADAPTER, WEIGHT_FORMS, type WeightForm } from "../files/model-files.js";
import { PytorchReader } from "../files/pytorch/pytorch-reader.js";
import { readModelJson } from "../files/regular-file.js";
import { SafetensorsReader } from "../files/safetensors.js";
import type { TensorFile } from "../files/tensor-file.js";
import { isObject } from "../is-object.js";
import { adaptedWeights, noWeights } from "./foreign-files.js";
import { BertVariables } from "./tensorflow/bert-variables.js";
import { type CheckpointFiles, dataFiles, findTensorFlowCheckpoint } from "./tensorflow/find-checkpoint.js";

const OPEN: Readonly<Record<WeightForm["kind"], (path: string) => TensorFile>> = {
  safetensors: (path) => new SafetensorsReader(path),
  pytorch: (path) => new PytorchReader(path),
};

/** The files of a model directory that hold its weights. */
export interface WeightFiles {
  /** By their names in the directory, in the index's order. */
  names: readonly string[];
  /** Those that are opened by their names: they may name others. */
  opened: readonly string[];
  /** Reads what one of `opened` holds, without its numbers. @throws LibbertError ERR_CHECKPOINT for a damaged file */
  open(path: string): TensorFile;
  /** What says which file holds each tensor; null where one file holds all. */
  index: {
    /** The index's own file name. */
    name: string;
    /** The file of each tensor, by the tensor's name. */
    places: ReadonlyMap<string, string>;
  } | null;
}

/**
 * The first form that is there; behind them, a checkpoint of TensorFlow's.
 *
 * @throws LibbertError ERR_CHECKPOINT where there are none, a damaged index, or an adapter for them
 */
export function findWeights(directory: string): WeightFiles {
  for (const form of WEIGHT_FORMS) {
    const found = findForm(directory, form);
    if (found === null) continue;
    if (existsSync(join(directory, ADAPTER))) throw adaptedWeights(directory, found.names[0]!);
    return found;
  }
  const checkpoint = existsSync(directory) ? findTensorFlowCheckpoint(directory) : null;
  if (checkpoint === null) throw noWeights(directory);
  return tensorFlowFiles(checkpoint);
}

/** The weights of one file, whatever it is called, or of the shards that an index lists. @throws LibbertError ERR_CHECKPOINT */
export function weightsInFile(directory: string, name: string): WeightFiles {
  const indexed = WEIGHT_FORMS.find(({ index }) => index === name);
  const shards = indexed && findShards(directory, indexed);
  if (shards) return shards;
  if (name.endsWith(".index"))
    return tensorFlowFiles({ index: name, data: dataFiles(name, readdirSync(directory)) });
  const open = OPEN[name.endsWith(".safetensors") ? "safetensors" : "pytorch"];
  return { names: [name], opened: [name], open, index: null };
}

function tensorFlowFiles({ index, data }: CheckpointFiles): WeightFiles {
  return { names: [index, ...data], opened: [index], open: (path) => new BertVariables(path), index: null };
}

function findForm(directory: string, form: WeightForm): WeightFiles | null {
  const { single, kind } = form;
  if (!existsSync(join(directory, single))) return findShards(directory, form);
  return { names: [single], opened: [single], open: OPEN[kind], index: null };
}

function findShards(directory: string, { index: name, kind }: WeightForm): WeightFiles | null {
  const places = readIndex(directory, name);
  if (places === null) return null;
  const files = [...new Set(places.values())];
  return { names: files, opened: files, open: OPEN[kind], index: { name, places } };
}

function readIndex(directory: string, name: string): Map<string, string> | null {
  const json = readModelJson(join(directory, name));
  if (json === undefined) return null;
  const { weight_map: files } = (json ?? {}) as { weight_map?: unknown };
  const path = join(directory, name);
  if (!isObject(files)) throw damagedIndex(path, "it has no weight_map of names and files");
  for (const [tensor, file] of Object.entries(files)) checkFile(path, tensor, file);
  if (Object.keys(files).length === 0) throw damagedIndex(path, "its weight_map is empty");
  return new Map(Object.entries(files as Record<string, string>));
}

function checkFile(path: string, name: string, file: unknown): void {
  if (typeof file !== "string" || file === "")
    throw damagedIndex(path, `it says that ${name} is in ${JSON.stringify(file)}, which is no file`);
  if (isAbsolute(file) || normalize(file).split(/[\\/]/)[0] === "..")
    throw damagedIndex(path, `it leads out of its directory: ${name} is in ${JSON.stringify(file)}`);
}

/** @param path of the index */
export function damagedIndex(path: string, why: string): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", `${path} is damaged: ${why}`);
}
