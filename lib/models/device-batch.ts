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

/** A model whose loss of a batch is made of tensors alone. */
interface LossModel<Batch, Totals> {
  /** A batch of the same loss that has the shape of many others; null where its loss is made in a way of its own. */
  rounded(batch: Batch): Batch | null;
  lossOnDevice(batch: OnDevice<Batch>, totals: Totals): Tensor;
}

/** A larger batch keeps a GPU busy longer than the CPU takes to launch its kernels. */
const MOST_TOKENS = 4096;

/** A model's losses as CUDA graphs take them: `Capturable` of the training loop. */
export function capturable<Batch extends HostBatch, Totals>(model: LossModel<Batch, Totals>, device: string) {
  return {
    rounded: (batch: Batch) => (batch.packed.inputIds.length <= MOST_TOKENS ? model.rounded(batch) : null),
    shapeOf,
    upload: (batch: Batch) => onDevice(batch, device),
    copy: copyBatch<Batch>,
    tensorsOf,
    loss: (batch: OnDevice<Batch>, totals: Totals) => model.lossOnDevice(batch, totals),
  };
}

/** Copies a batch into the tensors of another of the same shape: the same memory then has other sequences. */
function copyBatch<Batch extends HostBatch>({ packed, ...rest }: Batch, to: OnDevice<Batch>): void {
  const { input, ...others } = to;
  copyArrays(packed, input);
  copyArrays(rest, others);
}

/** Into the tensors of the same names. */
function copyArrays(arrays: object, tensors: object): void {
  const tensorOf = new Map<string, unknown>(Object.entries(tensors));
  for (const [name, array] of Object.entries(arrays)) {
    const own = tensorOf.get(name);
    if (own instanceof Tensor) native.copyBytes_(own.handle, array as TensorData, own.dtype);
  }
}

function tensorsOf<Batch>({ input, ...rest }: OnDevice<Batch>): Tensor[] {
  return [...Object.values(input), ...Object.values(rest)].filter((value) => value instanceof Tensor);
}

/** What two batches have in common whose losses are made by the same operations: the lengths of arrays, and all that is in none. */
function shapeOf({ packed, ...rest }: HostBatch): string {
  return JSON.stringify([packed, rest], (_, value) =>
    ArrayBuffer.isView(value) ? `${value.constructor.name} ${value.byteLength}` : value,
  );
}
