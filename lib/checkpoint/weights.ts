import { join } from "node:path";
import { LibbertError } from "../errors.js";
import type { DType } from "../files/dtype.js";
import { requirePath } from "../files/require-path.js";
import { SafetensorsReader } from "../files/safetensors.js";
import { supportedDtype, type TensorFile, type TensorInFile, type Visit } from "../files/tensor-file.js";
import { damagedIndex, findWeights, type WeightFiles } from "./weight-files.js";

/** The tensors of a Hugging Face directory, whichever files they lie in. */
export class CheckpointWeights implements Disposable {
  readonly #readers = new Map<string, TensorFile>();
  readonly #readerOf = new Map<string, TensorFile>();

  /** @param files Default: those of the form that counts, safetensors where there are some. @throws LibbertError ERR_CHECKPOINT */
  constructor(
    /** The model's folder, as it was given. */
    readonly directory: string,
    files?: WeightFiles,
  ) {
    requirePath(directory, "a model directory", "directory");
    const { opened, open, index } = files ?? findWeights(directory);
    try {
      for (const file of opened) this.#readers.set(file, open(join(directory, file)));
      for (const reader of this.#readers.values()) this.#list(reader);
      for (const [name, file] of index?.places ?? []) this.#checkPlace(name, file, index!.name);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #list(reader: TensorFile): void {
    for (const name of reader.tensors.keys()) {
      const other = this.#readerOf.get(name);
      if (other)
        throw new LibbertError("ERR_CHECKPOINT", `${name} is both in ${other.path} and in ${reader.path}`);
      this.#readerOf.set(name, reader);
    }
  }

  #checkPlace(name: string, file: string, index: string): void {
    if (this.#readerOf.get(name) !== this.#readers.get(file))
      throw damagedIndex(join(this.directory, index), `it says that ${name} is in ${file}, where it is not`);
  }

  /** Of `model.safetensors`; of shards there is none. */
  get metadata(): Readonly<Record<string, string>> {
    const single = this.#readers.get("model.safetensors");
    return single instanceof SafetensorsReader ? single.metadata : {};
  }

  /** The names of all tensors. */
  names(): string[] {
    return [...this.#readerOf.keys()];
  }

  /** The dtype, the shape and the place of a tensor that `names()` has. */
  describe(name: string): TensorInFile {
    return this.#readerOf.get(name)!.tensors.get(name)!;
  }

  /** The type of a tensor's numbers. @throws LibbertError ERR_CHECKPOINT for one that libbert does not compute with, such as I8 */
  dtypeOf(name: string): DType {
    return supportedDtype(this.#readerOf.get(name)!, name);
  }

  /** See `TensorFile.read`. */
  read(name: string): Uint8Array {
    return this.#readerOf.get(name)!.read(name);
  }

  /** See `TensorFile.readSlices`. */
  readSlices(name: string, buffer: Uint8Array, visit: Visit): void {
    this.#readerOf.get(name)!.readSlices(name, buffer, visit);
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const reader of this.#readers.values()) reader[Symbol.dispose]();
  }
}
