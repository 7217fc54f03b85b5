/**
 * The safetensors container: 8 bytes of header length (little-endian), a JSON header that gives each tensor's dtype,
 * shape and byte range, then the bytes. Format: huggingface/safetensors, README "Format".
 */
import { closeSync, openSync } from "node:fs";
import { LibbertError } from "../errors.js";
import { type DType, elementSize } from "./dtype.js";
import { foreignWeights } from "./foreign-weights.js";
import { damaged, fillFrom, readRange } from "./read-bytes.js";
import { gitLfsPointer, isGitLfsPointer, openRegularFile } from "./regular-file.js";
import { type Fail, type HeaderEntry, type ParsedHeader, parseHeader } from "./safetensors-header.js";
import { bitsOfCode, codeOfType, typeOfCode } from "./safetensors-types.js";
import { TensorChecksum } from "./tensor-checksum.js";
import type { TensorFile, TensorInFile, Visit } from "./tensor-file.js";
import { writeAll } from "./write-all.js";

const LENGTH_BYTES = 8;
/** The reference reader refuses longer headers, too. */
const MAX_HEADER_BYTES = 100_000_000;
/** The field of the metadata with a checksum for each tensor, as JSON: eight hexadecimal digits by name. */
const CHECKSUMS = "libbert_crc32";

/** A tensor, and where it lies. */
export interface StoredTensor extends TensorInFile {
  /** First byte within the file, and the byte behind the last. */
  start: number;
  end: number;
}

/** An open safetensors file: its header in memory, its tensors read on request. */
export class SafetensorsReader implements TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #file: number;
  readonly #checksums: ReadonlyMap<string, string>;

  /** @throws ERR_CHECKPOINT when the file is missing, cut short or damaged */
  constructor(readonly path: string) {
    const opened = openRegularFile(path);
    if (opened === null)
      throw new LibbertError("ERR_CHECKPOINT", `${path}: ENOENT: no such file or directory`);
    this.#file = opened.file;
    try {
      const { tensors, metadata } = readHeader(opened.file, opened.bytes, path);
      this.tensors = tensors;
      this.metadata = metadata;
      this.#checksums = checksumsIn(metadata, CHECKSUMS, path);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  read(name: string): Uint8Array {
    const { start, end } = this.#stored(name);
    const bytes = new Uint8Array(end - start);
    this.readSlices(name, bytes, () => {});
    return bytes;
  }

  readSlices(name: string, buffer: Uint8Array, visit: Visit): void {
    const { start, end, code, shape } = this.#stored(name);
    const checksum = new TensorChecksum(name, code, shape);
    for (let at = start; at < end; at += buffer.length) {
      const bytes = buffer.subarray(0, Math.min(buffer.length, end - at));
      fillFrom(this.#file, this.path, at, bytes);
      checksum.update(bytes);
      visit(bytes, at - start);
    }
    const written = this.#checksums.get(name);
    if (written !== undefined && written !== checksum.digest())
      throw damaged(
        this.path,
        `the numbers of ${name} are not those that were saved (their checksum differs)`,
      );
  }

  #stored(name: string): StoredTensor {
    const stored = this.tensors.get(name);
    if (stored) return stored;
    throw damaged(this.path, `it holds no tensor ${name}`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function readHeader(file: number, fileBytes: number, path: string) {
  const beginning = readRange(file, path, 0, Math.min(64, fileBytes));
  const text = Buffer.from(beginning).toString("latin1");
  if (isGitLfsPointer(text)) throw gitLfsPointer(path);
  const foreign = text[LENGTH_BYTES] === "{" ? undefined : foreignWeights(path, text);
  if (foreign) throw foreign;
  if (fileBytes < LENGTH_BYTES) throw damaged(path, `it has ${fileBytes} bytes, less than a header`);
  const headerBytes = Number(new DataView(beginning.buffer).getBigUint64(0, true));
  const dataStart = LENGTH_BYTES + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataStart > fileBytes) {
    throw damaged(path, `its header claims ${headerBytes} bytes of a file of ${fileBytes}`);
  }
  const fail = (why: string): never => {
    throw damaged(path, why);
  };
  const { entries, metadata } = parseHeader(readRange(file, path, LENGTH_BYTES, dataStart), fail);
  for (const [name, entry] of entries) checkSize(name, entry, fail);
  checkCoverage(entries, fileBytes - dataStart, fail);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype: code, shape, start, end }] of entries) {
    const place = { start: dataStart + start, end: dataStart + end };
    tensors.set(name, { dtype: typeOfCode(code), code, shape, ...place });
  }
  return { tensors, metadata };
}

/** No product of a shape comes near it, and the reference reader counts no further. */
const MAX_BITS = 2 ** 64;

function checkSize(name: string, { dtype, shape, start, end }: HeaderEntry, fail: Fail): void {
  const bits = bitsOfCode(dtype) ?? fail(`${name} has the unknown dtype ${dtype}`);
  let size = bits;
  for (const length of shape) {
    size *= length;
    if (size >= MAX_BITS) fail(`${name} has a shape of too many elements: [${shape}]`);
  }
  if (8 * (end - start) !== size)
    fail(`${name} of shape [${shape}] and ${dtype} cannot have ${end - start} bytes`);
}

/** The tensors lie one behind the other, and fill the file: so it is with the reference reader, too. */
function checkCoverage(entries: ParsedHeader["entries"], dataBytes: number, fail: Fail): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let covered = 0;
  for (const [name, { start, end }] of sorted) {
    if (end > dataBytes)
      fail(`${name} ends at byte ${end} of the data, but there are only ${dataBytes}: it was cut short`);
    if (start !== covered)
      fail(`${name} starts at byte ${start} of the data, but the tensor before it ends at ${covered}`);
    covered = end;
  }
  if (covered !== dataBytes) fail(`${dataBytes - covered} bytes behind its last tensor belong to none`);
}

/**
 * Checksums by name.
 *
 * @param field of the metadata that has them, as JSON; without it there are none
 * @throws ERR_CHECKPOINT when they cannot be read
 */
export function checksumsIn(
  metadata: Readonly<Record<string, string>>,
  field: string,
  path: string,
): Map<string, string> {
  const text = metadata[field];
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(JSON.parse(text)));
  } catch {
    throw damaged(path, `the checksums in its header (${field}) cannot be read`);
  }
}

/** A tensor to store; `bytes` is called when its turn comes, so that one tensor at a time is in memory twice. */
export interface TensorToStore {
  /** The type of its numbers. */
  dtype: DType;
  /** Lengths of its dimensions. */
  shape: readonly number[];
  /** Its numbers, row-major and little-endian: as many as the shape says. */
  bytes(): Uint8Array;
}

/**
 * Writes a safetensors file, with a checksum of each tensor that libbert verifies and other readers pass over.
 *
 * @param metadata what else the header says about the file
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const unknown = new Map(Array.from(tensors.keys(), (name) => [name, TensorChecksum.NONE]));
  const file = openSync(path, "w");
  try {
    writeAll(file, headerOf(tensors, unknown, metadata));
    const checksums = new Map<string, string>();
    for (const [name, { dtype, shape, bytes }] of tensors) {
      const content = bytes();
      writeAll(file, content);
      checksums.set(name, new TensorChecksum(name, codeOfType(dtype), shape).update(content).digest());
    }
    writeAll(file, headerOf(tensors, checksums, metadata), 0); // of the same length
  } finally {
    closeSync(file);
  }
}

/** The header with its length in front. */
function headerOf(
  tensors: ReadonlyMap<string, TensorToStore>,
  checksums: ReadonlyMap<string, string>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const own = { format: "pt", [CHECKSUMS]: jsonOf(checksums) }; // transformers asks for format
  const entries = new Map<string, object>([["__metadata__", { ...own, ...metadata }]]);
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const size = shape.reduce((product, length) => product * length, elementSize(dtype));
    entries.set(name, { dtype: codeOfType(dtype), shape, data_offsets: [offset, offset + size] });
    offset += size;
  }
  const text = new TextEncoder().encode(jsonOf(entries));
  const padded = Math.ceil(text.length / 8) * 8; // the data starts aligned
  const header = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(text, LENGTH_BYTES);
  return header;
}

/** An object of JSON; a name such as `__proto__` is a name as any other. */
function jsonOf(fields: ReadonlyMap<string, unknown>): string {
  return JSON.stringify(Object.fromEntries(fields));
}
