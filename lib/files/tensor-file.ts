import { LibbertError } from "../errors.js";
import type { DType } from "./dtype.js";

/** A tensor as its file describes it. */
export interface TensorInFile {
  /** Null for a type that libbert does not compute with, such as 8-bit integers with a sign. */
  dtype: DType | null;
  /** What the file calls the type. */
  code: string;
  /** Lengths of its dimensions; none for a single number. */
  shape: readonly number[];
}

/** Takes a tensor's bytes piece by piece; each begins at a byte of the tensor. */
export type Visit = (bytes: Uint8Array, start: number) => void;

/** An open file of tensors, of whatever format: what it holds is known, the numbers are read on request. */
export interface TensorFile extends Disposable {
  /** As it was opened; errors name it. */
  readonly path: string;
  /** What it holds, by the tensors' names. */
  readonly tensors: ReadonlyMap<string, TensorInFile>;

  /**
   * The tensor's bytes, row-major and little-endian.
   *
   * @throws LibbertError ERR_CHECKPOINT when they are not those that were written, as far as the file has a checksum of them
   */
  read(name: string): Uint8Array;

  /**
   * Reads a tensor in slices, each as long as `buffer`; the last may be shorter.
   *
   * @param visit gets each, and its first byte within the tensor; the buffer is filled anew after it returns
   * @throws as `read`, after the last slice
   */
  readSlices(name: string, buffer: Uint8Array, visit: Visit): void;
}

/** The type of a tensor's numbers. @throws LibbertError ERR_CHECKPOINT for one that libbert does not compute with, such as I8 */
export function supportedDtype({ path, tensors }: Pick<TensorFile, "path" | "tensors">, name: string): DType {
  const { dtype, code } = tensors.get(name)!;
  if (dtype !== null) return dtype;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${path}: ${name} is of type ${code}, which libbert does not read`,
  );
}

/** Gives a tensor that is in memory to whoever wants it in slices. */
export function visitSlices(tensor: Uint8Array, buffer: Uint8Array, visit: Visit): void {
  for (let at = 0; at < tensor.length; at += buffer.length) {
    const slice = tensor.subarray(at, at + buffer.length);
    buffer.set(slice);
    visit(buffer.subarray(0, slice.length), at);
  }
}
