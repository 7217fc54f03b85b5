/**
 * The safetensors container: 8 bytes of header length (little-endian), a JSON header that gives each tensor's dtype,
 * shape and byte range, then the bytes. Format: huggingface/safetensors, README "Format".
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { z } from "zod";
import { LibbertError } from "../errors.js";
import { type ElementType, elementSize } from "./element-type.js";

const dtypeOfCode: Record<string, ElementType> = {
  F32: "float32",
  BF16: "bfloat16",
  F16: "float16",
  F64: "float64",
  I64: "int64",
  I32: "int32",
  U8: "uint8",
  BOOL: "bool",
};
const codeOfDtype = Object.fromEntries(Object.entries(dtypeOfCode).map(([code, dtype]) => [dtype, code]));

const LENGTH_BYTES = 8;
/** The reference reader refuses longer headers, too. */
const MAX_HEADER_BYTES = 100_000_000;

/** A tensor as its file describes it. */
export interface StoredTensor {
  dtype: ElementType;
  shape: readonly number[];
  /** First byte within the file, and the byte behind the last. */
  start: number;
  end: number;
}

/** An open safetensors file: its header in memory, its tensors read on request. */
export class SafetensorsReader implements Disposable {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #file: number;

  /** @throws ERR_CHECKPOINT when the file is missing, cut short or damaged */
  constructor(readonly path: string) {
    this.#file = openFile(path);
    try {
      const { tensors, metadata } = readHeader(this.#file, path);
      this.tensors = tensors;
      this.metadata = metadata;
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** The tensor's bytes, row-major and little-endian. */
  read(name: string): Uint8Array {
    const { start, end } = this.#stored(name);
    return readRange(this.#file, this.path, start, end);
  }

  /** Fills `bytes` with those of the tensor from its byte `start` on. */
  readInto(name: string, start: number, bytes: Uint8Array): void {
    fillFrom(this.#file, this.path, this.#stored(name).start + start, bytes);
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

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new LibbertError("ERR_CHECKPOINT", `${path}: ${(error as Error).message}`, { cause: error });
  }
}

function readHeader(file: number, path: string) {
  const fileBytes = fstatSync(file).size;
  if (fileBytes < LENGTH_BYTES) throw damaged(path, `it has ${fileBytes} bytes, less than a header`);
  const prefix = readRange(file, path, 0, LENGTH_BYTES);
  const headerBytes = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  const dataStart = LENGTH_BYTES + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataStart > fileBytes) {
    throw damaged(path, `its header claims ${headerBytes} bytes of a file of ${fileBytes}`);
  }

  const json = parseHeader(readRange(file, path, LENGTH_BYTES, dataStart), path);
  const header = headerSchema.safeParse(json);
  if (!header.success) {
    const { path: field, message } = header.error.issues[0]!;
    throw damaged(path, `its header does not describe tensors (${field.join(".")}: ${message})`);
  }
  const { __metadata__: metadata, ...entries } = header.data;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, checkEntry(name, entry, dataStart, fileBytes, path));
  }
  return { tensors, metadata };
}

const length = z.int().nonnegative();
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(length),
  data_offsets: z.tuple([length, length]),
});
type HeaderEntry = z.infer<typeof entrySchema>;
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).default({}) })
  .catchall(entrySchema);

function parseHeader(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(path, `its header is no JSON (${(error as Error).message})`);
  }
}

function checkEntry(
  name: string,
  entry: HeaderEntry,
  dataStart: number,
  fileBytes: number,
  path: string,
): StoredTensor {
  const dtype = dtypeOfCode[entry.dtype];
  if (!dtype) throw damaged(path, `${name} has the unknown dtype ${entry.dtype}`);
  const elements = entry.shape.reduce((product, length) => product * length, 1);
  const start = dataStart + entry.data_offsets[0];
  const end = dataStart + entry.data_offsets[1];
  if (end - start !== elements * elementSize(dtype)) {
    throw damaged(
      path,
      `${name} of shape [${entry.shape}] and ${entry.dtype} cannot have ${end - start} bytes`,
    );
  }
  if (end > fileBytes) {
    throw damaged(path, `${name} ends at byte ${end}, but the file has only ${fileBytes}: it was cut short`);
  }
  return { dtype, shape: entry.shape, start, end };
}

function readRange(file: number, path: string, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  fillFrom(file, path, start, bytes);
  return bytes;
}

function fillFrom(file: number, path: string, start: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, bytes.length - done, start + done);
    if (count === 0) throw damaged(path, `it ends at byte ${start + done}`);
    done += count;
  }
}

function damaged(path: string, why: string): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", `${path} is damaged: ${why}`);
}

/** A tensor to store; `bytes` is called when its turn comes, so that one tensor at a time is in memory twice. */
export interface TensorToStore {
  dtype: ElementType;
  shape: readonly number[];
  bytes(): Uint8Array;
}

/**
 * Writes a safetensors file.
 *
 * @param metadata what else the header says about the file
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } }; // transformers asks for format
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const size = shape.reduce((product, length) => product * length, elementSize(dtype));
    header[name] = { dtype: codeOfDtype[dtype], shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20); // the data starts aligned
  padded.set(text);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);

  const file = openSync(path, "w");
  try {
    writeAll(file, length);
    writeAll(file, padded);
    for (const tensor of tensors.values()) writeAll(file, tensor.bytes());
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
