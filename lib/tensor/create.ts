import { expected, type LibbertError } from "../errors.js";
import { type DType, dtypeOf, type TensorData } from "./dtype.js";
import { checkFilling, checkHeld, checkIntegers, holdsIntegers } from "./integers.js";
import { native } from "./native.js";
import type { TensorHandle } from "./native-ops.js";
import { handleOf, type Operand, operandOf, Tensor } from "./tensor.js";

/** `dtype` defaults to float32, `device` to the CPU. */
export interface TensorOptions {
  /** The type of the elements. Default: float32, or what holds the given values as they are */
  dtype?: DType;
  /** Where the memory is: `cpu`, or `cuda:0`. Default: `cpu` */
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
  const data = typed ? values : Float64Array.from(flatten(values));
  const stored = dtypeOf(data);
  const shape = options.shape ?? (typed ? [values.length] : nestedShape(values));
  const wanted = options.dtype ?? (typed ? stored : "float32");
  if (wanted !== stored) checkIntegers(data, wanted, stored);
  const made = new Tensor(native.fromBytes(data, shape, stored, options.device ?? "cpu"));
  if (wanted === stored) return made;
  using asStored = made;
  return asStored.to(wanted);
}

/** A tensor of whatever lies in its memory. */
export function empty(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.empty(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.zeros(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

/** A tensor whose elements are all `value`. */
export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  const { dtype = "float32", device = "cpu" } = options;
  checkFilling(value, dtype);
  return new Tensor(native.full(shape, value, dtype, device));
}

/** A tensor of ones. */
export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** `start`, `start + 1`, … below `end`; int64 by default. */
export function arange(start: number, end: number, options: TensorOptions = {}): Tensor {
  const { dtype = "int64", device = "cpu" } = options;
  if (holdsIntegers(dtype)) {
    for (const [name, value] of Object.entries({ start, end }))
      if (!Number.isInteger(value)) throw expected(`a whole number, as the dtype is ${dtype},`, name, value);
    checkIntegers([start, Math.max(start, end - 1)], dtype);
  }
  return new Tensor(native.arange(start, end, 1, dtype, device));
}

/** Uniform in [0, 1). */
export function rand(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.rand(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

/** Standard normal. */
export function randn(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return new Tensor(native.randn(shape, options.dtype ?? "float32", options.device ?? "cpu"));
}

/** Zeros of the shape, dtype and device of `x`. */
export function zerosLike(x: Tensor): Tensor {
  return zeros(x.shape, { dtype: x.dtype, device: x.device });
}

/** Ones of the shape, dtype and device of `x`. */
export function onesLike(x: Tensor): Tensor {
  return ones(x.shape, { dtype: x.dtype, device: x.device });
}

/** int64 [...] of classes → int64 [..., classes], 1 at each one's class. Default: as many classes as the highest needs */
export function oneHot(x: Tensor, classes = -1): Tensor {
  return new Tensor(native.oneHot(handleOf(x, "x"), classes));
}

/** Tensors end to end along a dimension that they already have. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(native.cat(handlesOf(tensors), dim));
}

/** Tensors of one shape side by side along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(native.stack(handlesOf(tensors), dim));
}

/** Elements of `x` where `condition` (bool) holds, of `y` elsewhere. */
export function where(condition: Tensor, x: Operand, y: Operand): Tensor {
  const operands = [operandOf(x, "x"), operandOf(y, "y")] as const;
  if (x instanceof Tensor) checkHeld(y, x.dtype, "y");
  if (y instanceof Tensor) checkHeld(x, y.dtype, "x");
  return new Tensor(native.where(handleOf(condition, "condition"), ...operands));
}

/** Sums of products in Einstein's notation: `einsum("bih,bjh->bij", [x, y])`. */
export function einsum(equation: string, tensors: readonly Tensor[]): Tensor {
  return new Tensor(native.einsum(equation, handlesOf(tensors)));
}

function handlesOf(tensors: readonly Tensor[]): TensorHandle[] {
  if (!Array.isArray(tensors)) throw expected("an array of tensors", "tensors", tensors);
  return tensors.map((one) => handleOf(one, "tensors"));
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
  if (typeof values === "number") return [values];
  if (!Array.isArray(values)) throw notNumbers(values);
  return values.flatMap(flatten);
}

function notNumbers(value: unknown): LibbertError {
  return expected("numbers, in arrays or alone,", "the values of a tensor", value);
}
