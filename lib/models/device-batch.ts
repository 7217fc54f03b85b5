import { tensor } from "../tensor/create.js";
import type { TensorData } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import { Tensor } from "../tensor/tensor.js";
import { type EncoderInput, toEncoderInput } from "./encoder-input.js";
import type { PackedBatch } from "./packing.js";

/** Sequences, and in typed arrays what is said of them. What else there is tells how their loss is made. */
export interface HostBatch {
  packed: PackedBatch;
}

/** A batch where a model computes: its sequences as an encoder takes them, and a tensor for each typed array. All else is as it was. */
export type OnDevice<Batch> = { input: EncoderInput } & {
  [Name in keyof Omit<Batch, "packed">]: OfArray<Batch[Name & keyof Batch]>;
};

type OfArray<Value> = Value extends TensorData ? Tensor : Value;

/** The batch on `device`, in new tensors. */
export function onDevice<Batch extends HostBatch>(batch: Batch, device: string): OnDevice<Batch> {
  const { packed, ...rest } = batch;
  const values = Object.entries(rest).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? tensor(value as TensorData, { device }) : value,
  ]);
  return { ...Object.fromEntries(values), input: toEncoderInput(packed, device, device) };
}

/** Copies a batch into the tensors of another of the same shape: the same memory then has other sequences. */
export function copyBatch<Batch extends HostBatch>(to: OnDevice<Batch>, { packed, ...rest }: Batch): void {
  const { input, ...others } = to;
  copyArrays(input, packed);
  copyArrays(others, rest);
}

/** Into the tensors of the same names. */
function copyArrays(tensors: object, arrays: object): void {
  const tensorOf = new Map<string, unknown>(Object.entries(tensors));
  for (const [name, array] of Object.entries(arrays)) {
    const own = tensorOf.get(name);
    if (own instanceof Tensor) native.copyBytes_(own.handle, array as TensorData, own.dtype);
  }
}

/** What two batches have in common whose losses are made by the same operations: the lengths of arrays, and all that is in none. */
export function shapeOf({ packed, ...rest }: HostBatch): string {
  return JSON.stringify([packed, rest], (_, value) =>
    ArrayBuffer.isView(value) ? `${value.constructor.name} ${value.byteLength}` : value,
  );
}
