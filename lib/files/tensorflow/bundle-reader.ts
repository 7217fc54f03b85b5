/** A checkpoint of TensorFlow 1: an index of variables, and their numbers in one or several files beside it. */
import { closeSync } from "node:fs";
import { LibbertError } from "../../errors.js";
import { crc32c, masked } from "../crc32c.js";
import { type DType, elementSize } from "../dtype.js";
import { damaged, fillFrom } from "../read-bytes.js";
import { gitLfsPointer, isGitLfsPointer, openRegularFile, readModelBytes } from "../regular-file.js";
import type { TensorFile, TensorInFile, Visit } from "../tensor-file.js";
import { type BundleEntry, parseEntry, parseHeader } from "./bundle-entries.js";
import { readTable } from "./sorted-table.js";

/** TensorFlow's types (tensorflow/core/framework/types.proto) with which libbert computes. */
const TYPES: ReadonlyMap<number, DType> = new Map([
  [1, "float32"],
  [2, "float64"],
  [3, "int32"],
  [4, "uint8"],
  [9, "int64"],
  [10, "bool"],
  [14, "bfloat16"],
  [19, "float16"],
]);

/** The key of what is said of the whole checkpoint. */
const HEADER = "";
const INDEX = /\.index$/;
/** More than the index of any model has. */
const MAX_INDEX_BYTES = 2 ** 22;

interface Variable extends TensorInFile {
  entry: BundleEntry;
}

/** An open file of numbers. */
interface Shard {
  path: string;
  file: number;
  bytes: number;
}

export class BundleReader implements TensorFile {
  readonly tensors: ReadonlyMap<string, Variable>;
  readonly #shards = new Map<number, Shard>();

  /**
   * @param path of the index
   * @throws LibbertError ERR_CHECKPOINT where a file of the checkpoint is missing or damaged
   */
  constructor(readonly path: string) {
    const { header, entries } = readIndex(path);
    const tensors = new Map<string, Variable>();
    try {
      for (const [name, message] of entries) {
        const entry = parseEntry(name, message, path);
        checkPlace(name, entry, this.#shard(entry.shard, header.shards), path);
        const dtype = TYPES.get(entry.type) ?? null;
        tensors.set(name, { dtype, code: `DataType ${entry.type}`, shape: entry.shape, entry });
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.tensors = tensors;
  }

  /** @param count of shards, which is in their names */
  #shard(number: number, count: number): Shard {
    const known = this.#shards.get(number);
    if (known) return known;
    if (number >= count) throw damaged(this.path, `it says that numbers are in file ${number} of ${count}`);
    const [which, of] = [number, count].map((value) => String(value).padStart(5, "0"));
    const path = this.path.replace(INDEX, `.data-${which}-of-${of}`);
    const opened = openRegularFile(path);
    if (opened === null)
      throw new LibbertError("ERR_CHECKPOINT", `${path}: ENOENT: no such file or directory`);
    const shard = { path, ...opened };
    this.#shards.set(number, shard);
    return shard;
  }

  read(name: string): Uint8Array {
    const bytes = new Uint8Array(this.#variable(name).entry.bytes);
    this.readSlices(name, bytes, () => {});
    return bytes;
  }

  readSlices(name: string, buffer: Uint8Array, visit: Visit): void {
    const { shard, start, bytes, crc32c: written } = this.#variable(name).entry;
    const { file, path } = this.#shards.get(shard)!;
    let checksum = 0;
    for (let at = 0; at < bytes; at += buffer.length) {
      const slice = buffer.subarray(0, Math.min(buffer.length, bytes - at));
      fillFrom(file, path, start + at, slice);
      checksum = crc32c(slice, checksum);
      visit(slice, at);
    }
    if (masked(checksum) !== written)
      throw damaged(path, `the numbers of ${name} are not those that were saved (their checksum differs)`);
  }

  #variable(name: string): Variable {
    const variable = this.tensors.get(name);
    if (variable === undefined) throw damaged(this.path, `it holds no variable ${name}`);
    return variable;
  }

  [Symbol.dispose](): void {
    for (const { file } of this.#shards.values()) closeSync(file);
  }
}

function readIndex(path: string) {
  const bytes = readModelBytes(path);
  if (bytes === undefined)
    throw new LibbertError("ERR_CHECKPOINT", `${path}: ENOENT: no such file or directory`);
  if (isGitLfsPointer(Buffer.from(bytes.subarray(0, 64)).toString("latin1"))) throw gitLfsPointer(path);
  if (bytes.length > MAX_INDEX_BYTES) throw damaged(path, `it has ${bytes.length} bytes, more than an index`);
  const entries = readTable(bytes, path);
  const header = parseHeader(entries.get(HEADER) ?? new Uint8Array(0), path);
  if (header.isBigEndian)
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected little-endian numbers for ${path} but received big-endian ones`,
    );
  entries.delete(HEADER);
  return { header, entries };
}

function checkPlace(name: string, entry: BundleEntry, shard: Shard, path: string): void {
  const { type, shape, start, bytes, isSliced } = entry;
  const shown = JSON.stringify(name);
  if (isSliced)
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected whole variables in ${path} but ${shown} is stored in pieces`,
    );
  if (start + bytes > shard.bytes)
    throw damaged(shard.path, `it ends within the numbers of ${shown}: it was cut short`);
  const element = TYPES.get(type);
  if (element === undefined) return;
  const size = shape.reduce((product, length) => product * length, elementSize(element));
  if (size !== bytes)
    throw damaged(path, `${shown} of shape [${shape}] and ${element} cannot have ${bytes} bytes`);
}
