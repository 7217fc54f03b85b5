import { existsSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { LibbertError } from "../errors.js";
import type { ElementType } from "../files/element-type.js";
import { readModelJson } from "../files/regular-file.js";
import { requirePath } from "../files/require-path.js";
import { SafetensorsReader, type StoredTensor } from "../files/safetensors.js";
import { isObject } from "../is-object.js";
import { noWeights } from "./foreign-files.js";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** The tensors of a Hugging Face directory, whichever files they lie in. */
export class CheckpointWeights implements Disposable {
  readonly #readers = new Map<string, SafetensorsReader>();
  readonly #readerOf = new Map<string, SafetensorsReader>();

  /** Opens `model.safetensors`, or the shards that `model.safetensors.index.json` lists. */
  constructor(readonly directory: string) {
    requirePath(directory, "a model directory", "directory");
    const index = readIndex(directory);
    try {
      for (const file of index === null ? [SINGLE] : new Set(index.values()))
        this.#readers.set(file, new SafetensorsReader(join(directory, file)));
      for (const reader of this.#readers.values()) this.#list(reader);
      for (const [name, file] of index ?? []) this.#checkPlace(name, file);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #list(reader: SafetensorsReader): void {
    for (const name of reader.tensors.keys()) {
      const other = this.#readerOf.get(name);
      if (other)
        throw new LibbertError("ERR_CHECKPOINT", `${name} is both in ${other.path} and in ${reader.path}`);
      this.#readerOf.set(name, reader);
    }
  }

  #checkPlace(name: string, file: string): void {
    if (this.#readerOf.get(name) !== this.#readers.get(file))
      throw damagedIndex(this.directory, `it says that ${name} is in ${file}, where it is not`);
  }

  /** Of `model.safetensors`; of shards there is none. */
  get metadata(): Readonly<Record<string, string>> {
    return this.#readers.get(SINGLE)?.metadata ?? {};
  }

  names(): string[] {
    return [...this.#readerOf.keys()];
  }

  describe(name: string): StoredTensor {
    return this.#readerOf.get(name)!.tensors.get(name)!;
  }

  /** @throws ERR_CHECKPOINT for a type that libbert does not compute with, such as I8 */
  elementType(name: string): ElementType {
    const { dtype, code } = this.describe(name);
    if (dtype !== null) return dtype;
    const { path } = this.#readerOf.get(name)!;
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${path}: ${name} is of type ${code}, which libbert does not read`,
    );
  }

  /** See `SafetensorsReader.read`. */
  read(name: string): Uint8Array {
    return this.#readerOf.get(name)!.read(name);
  }

  /** See `SafetensorsReader.readSlices`. */
  readSlices(name: string, buffer: Uint8Array, visit: (bytes: Uint8Array, start: number) => void): void {
    this.#readerOf.get(name)!.readSlices(name, buffer, visit);
  }

  [Symbol.dispose](): void {
    for (const reader of this.#readers.values()) reader[Symbol.dispose]();
  }
}

/** The files of a model directory that hold its weights, in the index's order. */
export function weightFiles(directory: string): string[] {
  const index = readIndex(directory);
  return index === null ? [SINGLE] : [...new Set(index.values())];
}

/** Which file holds each tensor; null where one file holds all. */
function readIndex(directory: string): Map<string, string> | null {
  if (existsSync(join(directory, SINGLE))) return null;
  const json = readModelJson(join(directory, INDEX));
  if (json === undefined) throw noWeights(directory);
  const { weight_map: files } = (json ?? {}) as { weight_map?: unknown };
  if (!isObject(files)) throw damagedIndex(directory, "it has no weight_map of names and files");
  for (const [name, file] of Object.entries(files)) checkFile(directory, name, file);
  if (Object.keys(files).length === 0) throw damagedIndex(directory, "its weight_map is empty");
  return new Map(Object.entries(files as Record<string, string>));
}

function checkFile(directory: string, name: string, file: unknown): void {
  if (typeof file !== "string" || file === "")
    throw damagedIndex(directory, `it says that ${name} is in ${JSON.stringify(file)}, which is no file`);
  if (isAbsolute(file) || normalize(file).split(/[\\/]/)[0] === "..")
    throw damagedIndex(directory, `it leads out of its directory: ${name} is in ${JSON.stringify(file)}`);
}

function damagedIndex(directory: string, why: string): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", `${join(directory, INDEX)} is damaged: ${why}`);
}
