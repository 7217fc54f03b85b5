import { expected } from "../errors.js";
import { type DType, dtypeOf, type TensorData } from "./dtype.js";
import { native } from "./native.js";
import { Tensor } from "./tensor.js";

/** `dtype` defaults to float32, `device` to the CPU. */
export interface TensorOptions {
  dtype?: DType;
  device?: string;
}

/** A number, or numbers nested in arrays of equal length. */
export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * A tensor of the given values, copied. Numbers become float32 unless `dtype` says otherwise; a typed array keeps its
 * own type unless it does, and has one dimension unless `shape` is given.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]);                       // float32 [2, 2]
 * tensor(new Int32Array(6), { shape: [2, 3] });   // int32 [2, 3]
 * ```
 */
export function tensor(
  values: NestedNumbers | TensorData,
  options: TensorOptions & { shape?: readonly number[] } = {},
): Tensor {
  const typed = ArrayBuffer.isView(values);
  const shape = options.shape ?? (typed ? [values.length] : nestedShape(values));
  const data = typed ? values : Float64Array.from(flatten(values));
  const stored = dtypeOf(data);
  const wanted = options.dtype ?? (typed ? stored : "float32");
  const made = new Tensor(native.fromBytes(data, shape, stored, options.device ?? "cpu"));
  if (wanted === stored) return made;
  using asStored = made;
  return asStored.to(wanted);
}

/** A tensor over a copy of raw little-endian bytes, row-major. */
export function fromBytes(bytes: Uint8Array, shape: readonly number[], dtype: DType): Tensor {
  return new Tensor(native.fromBytes(bytes, shape, dtype, "cpu"));
}

export function empty(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.empty(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.zeros(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  return new Tensor(native.full(shape, value, options.dtype ?? "float32", options.device ?? "cpu"));
}

export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** `start`, `start + 1`, … below `end`; int64 by default. */
export function arange(start: number, end: number, options: TensorOptions = {}): Tensor {
  return new Tensor(native.arange(start, end, 1, options.dtype ?? "int64", options.device ?? "cpu"));
}

/** Uniform in [0, 1). */
export function rand(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.rand(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

/** Standard normal. */
export function randn(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.randn(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(
    native.cat(
      tensors.map((t) => t.handle),
      dim,
    ),
  );
}

export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(
    native.stack(
      tensors.map((t) => t.handle),
      dim,
    ),
  );
}

/** Elements of `x` where `condition` holds, of `y` elsewhere. */
export function where(condition: Tensor, x: Tensor | number, y: Tensor | number): Tensor {
  const handle = (side: Tensor | number) => (typeof side === "number" ? side : side.handle);
  return new Tensor(native.where(condition.handle, handle(x), handle(y)));
}

function nestedShape(values: NestedNumbers): number[] {
  if (typeof values === "number") return [];
  const inner = values.map(nestedShape);
  if (inner.some((shape) => String(shape) !== String(inner[0]))) {
    throw expected("arrays of equal length", "the values of a tensor", values);
  }
  return [values.length, ...(inner[0] ?? [])];
}

function flatten(values: NestedNumbers): number[] {
  return typeof values === "number" ? [values] : values.flatMap(flatten);
}
