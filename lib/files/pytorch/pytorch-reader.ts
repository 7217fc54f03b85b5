/** A file of weights that `torch.save` wrote, such as `pytorch_model.bin`. */
import { closeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { LibbertError } from "../../errors.js";
import { foreignWeights } from "../foreign-weights.js";
import { damaged, fillFrom, readRange } from "../read-bytes.js";
import { gitLfsPointer, isGitLfsPointer, openRegularFile } from "../regular-file.js";
import { isRowMajor, spanOf, toRowMajor } from "../strides.js";
import { type TensorFile, type TensorInFile, type Visit, visitSlices } from "../tensor-file.js";
import { readLegacyFormat } from "./legacy-format.js";
import { inWords, type PickleValue, TensorView } from "./pickle-values.js";
import { refused } from "./refusal.js";
import type { SavedObjects } from "./saved-objects.js";
import { readZipFormat } from "./zip-format.js";

/** A tensor, and where its bytes lie. */
interface PlacedTensor extends TensorInFile {
  strides: readonly number[];
  elementBytes: number;
  /** From its first element to its last, within the file. */
  start: number;
  end: number;
  /** Of these bytes. */
  crc32: number | undefined;
}

/** Its pickle in memory, as data; its tensors read on request. */
export class PytorchReader implements TensorFile {
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  readonly #file: number;

  /** @throws LibbertError ERR_CHECKPOINT when the file is missing, damaged, or holds anything else than tensors by their names */
  constructor(readonly path: string) {
    const opened = openRegularFile(path);
    if (opened === null)
      throw new LibbertError("ERR_CHECKPOINT", `${path}: ENOENT: no such file or directory`);
    this.#file = opened.file;
    try {
      const saved = readSaved(opened.file, opened.bytes, path);
      this.tensors = placedTensors(saved, path);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  read(name: string): Uint8Array {
    const { shape, elementBytes } = this.#placed(name);
    const bytes = new Uint8Array(shape.reduce((product, size) => product * size, elementBytes));
    if (bytes.length > 0) this.readSlices(name, bytes, () => {});
    return bytes;
  }

  /** A tensor that does not lie row by row, such as a transposed view, is in memory as a whole meanwhile. */
  readSlices(name: string, buffer: Uint8Array, visit: Visit): void {
    const tensor = this.#placed(name);
    const isInTurn = isRowMajor(tensor.shape, tensor.strides);
    if (isInTurn) this.#readInTurn(name, tensor, buffer, visit);
    else this.#readAcross(name, tensor, buffer, visit);
  }

  #readAcross(name: string, tensor: PlacedTensor, buffer: Uint8Array, visit: Visit): void {
    const { elementBytes, shape, strides, start, end } = tensor;
    const stored = readRange(this.#file, this.path, start, end);
    this.#check(name, tensor, crc32(stored));
    visitSlices(toRowMajor(stored, elementBytes, shape, strides), buffer, visit);
  }

  #readInTurn(name: string, tensor: PlacedTensor, buffer: Uint8Array, visit: Visit): void {
    const { start, end } = tensor;
    let checksum = 0;
    for (let at = start; at < end; at += buffer.length) {
      const bytes = buffer.subarray(0, Math.min(buffer.length, end - at));
      fillFrom(this.#file, this.path, at, bytes);
      checksum = crc32(bytes, checksum);
      visit(bytes, at - start);
    }
    this.#check(name, tensor, checksum);
  }

  #check(name: string, { crc32: written }: PlacedTensor, checksum: number): void {
    if (written !== undefined && written !== checksum)
      throw damaged(
        this.path,
        `the numbers of ${name} are not those that were saved (their checksum differs)`,
      );
  }

  #placed(name: string): PlacedTensor {
    const placed = this.tensors.get(name);
    if (placed === undefined) throw damaged(this.path, `it holds no tensor ${name}`);
    return placed;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

const ZIP = "PK\x03\x04";
/** Every pickle of a protocol above 1 begins with it. */
const PICKLE = "\x80";

function readSaved(file: number, fileBytes: number, path: string): SavedObjects {
  const beginning = Buffer.from(readRange(file, path, 0, Math.min(64, fileBytes))).toString("latin1");
  if (isGitLfsPointer(beginning)) throw gitLfsPointer(path);
  if (beginning.startsWith(ZIP)) return readZipFormat(file, fileBytes, path);
  if (beginning.startsWith(PICKLE)) return readLegacyFormat(file, fileBytes, path);
  throw foreignWeights(path, beginning) ?? damaged(path, "it does not begin as a file of torch.save does");
}

function placedTensors({ object, placeOf }: SavedObjects, path: string): Map<string, PlacedTensor> {
  if (!(object instanceof Map)) throw refused(path, `it holds ${inWords(object)}`);
  const tensors = new Map<string, PlacedTensor>();
  for (const [name, value] of object) tensors.set(String(name), placedTensor(name, value, placeOf, path));
  return tensors;
}

function placedTensor(
  name: string | number,
  value: PickleValue,
  placeOf: SavedObjects["placeOf"],
  path: string,
): PlacedTensor {
  if (typeof name !== "string" || !(value instanceof TensorView))
    throw refused(path, `${JSON.stringify(name)} in it is ${inWords(value)}`);
  const { storage, offset, shape, strides } = value;
  const { name: code, type: dtype, bytes: elementBytes } = storage.numbers;
  const place = placeOf(storage);
  const start = place.start + offset * elementBytes;
  const end = start + spanOf(shape, strides) * elementBytes;
  const isAll = start === place.start && end === place.end;
  return { dtype, code, shape, strides, elementBytes, start, end, crc32: isAll ? place.crc32 : undefined };
}
