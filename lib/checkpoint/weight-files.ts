import { existsSync, readdirSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { LibbertError } from "../errors.js";
import { PytorchReader } from "../files/pytorch/pytorch-reader.js";
import { readModelJson } from "../files/regular-file.js";
import { SafetensorsReader } from "../files/safetensors.js";
import type { TensorFile } from "../files/tensor-file.js";
import { isObject } from "../is-object.js";
import { noWeights } from "./foreign-files.js";
import { BertVariables } from "./tensorflow/bert-variables.js";
import { type CheckpointFiles, dataFiles, findTensorFlowCheckpoint } from "./tensorflow/find-checkpoint.js";

/** A form that weights come in: one file, or shards with an index that says which tensor is where. */
interface WeightForm {
  single: string;
  index: string;
  open(path: string): TensorFile;
}

/** The first that is there counts, as in transformers; behind them, a checkpoint of TensorFlow's. */
const FORMS: readonly WeightForm[] = [
  {
    single: "model.safetensors",
    index: "model.safetensors.index.json",
    open: (path) => new SafetensorsReader(path),
  },
  {
    single: "pytorch_model.bin",
    index: "pytorch_model.bin.index.json",
    open: (path) => new PytorchReader(path),
  },
];

/** The files of a model directory that hold its weights. */
export interface WeightFiles {
  /** By their names in the directory, in the index's order. */
  names: readonly string[];
  /** Those that are opened by their names: they may name others. */
  opened: readonly string[];
  open(path: string): TensorFile;
  /** Which file holds each tensor, and what says so; null where one file holds all. */
  index: { name: string; places: ReadonlyMap<string, string> } | null;
}

/** @throws LibbertError ERR_CHECKPOINT where there are none, or a damaged index */
export function findWeights(directory: string): WeightFiles {
  for (const form of FORMS) {
    const found = findForm(directory, form);
    if (found !== null) return found;
  }
  const checkpoint = existsSync(directory) ? findTensorFlowCheckpoint(directory) : null;
  if (checkpoint === null) throw noWeights(directory);
  return tensorFlowFiles(checkpoint);
}

/** The weights of one file, whatever it is called, or of the shards that an index lists. @throws LibbertError ERR_CHECKPOINT */
export function weightsInFile(directory: string, name: string): WeightFiles {
  const [safetensors, pytorch] = FORMS as [WeightForm, WeightForm];
  const indexed = FORMS.find(({ index }) => index === name);
  const shards = indexed && findShards(directory, indexed);
  if (shards) return shards;
  if (name.endsWith(".index"))
    return tensorFlowFiles({ index: name, data: dataFiles(name, readdirSync(directory)) });
  const { open } = name.endsWith(".safetensors") ? safetensors : pytorch;
  return { names: [name], opened: [name], open, index: null };
}

function tensorFlowFiles({ index, data }: CheckpointFiles): WeightFiles {
  return { names: [index, ...data], opened: [index], open: (path) => new BertVariables(path), index: null };
}

function findForm(directory: string, { single, index: name, open }: WeightForm): WeightFiles | null {
  if (existsSync(join(directory, single))) return { names: [single], opened: [single], open, index: null };
  return findShards(directory, { index: name, open });
}

function findShards(
  directory: string,
  { index: name, open }: Omit<WeightForm, "single">,
): WeightFiles | null {
  const places = readIndex(directory, name);
  if (places === null) return null;
  const files = [...new Set(places.values())];
  return { names: files, opened: files, open, index: { name, places } };
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
