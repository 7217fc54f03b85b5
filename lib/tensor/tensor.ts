import { expected } from "../errors.js";
import { noGrad } from "./autograd.js";
import type { DType } from "./dtype.js";
import { native } from "./native.js";
import type { TensorHandle } from "./native-ops.js";
import { keep, scope, track } from "./scope.js";
import { shownIndices, showValues } from "./show-values.js";

/** The other side of a binary operation; a number takes the tensor's dtype. */
export type Operand = Tensor | number;

/** What an operation that looks for elements gives: them, and int64 indices along the dimension. */
export interface Found {
  values: Tensor;
  indices: Tensor;
}

/** What a gradient passes on its way: gives another one of its shape and dtype, or nothing to leave it as it is. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
export type GradientHook = (gradient: Tensor) => Tensor | null | undefined | void;

/**
 * A LibTorch tensor. Methods are PyTorch's, in camelCase, with PyTorch's broadcasting and type promotion; a name that
 * ends with `_` changes the tensor in place. A tensor belongs to the thread that made it.
 *
 * Memory is freed by `dispose()`, by the enclosing `scope()`, or by `using`; the garbage collector is the backstop.
 */
export class Tensor implements Disposable {
  readonly handle: TensorHandle;

  constructor(handle: TensorHandle) {
    this.handle = handle;
    track(this);
  }

  get shape(): readonly number[] {
    return native.shape(this.handle);
  }
  get dtype(): DType {
    return native.dtype(this.handle);
  }
  get device(): string {
    return native.device(this.handle);
  }
  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  // Arithmetic
  add(y: Operand): Tensor {
    return new Tensor(native.add(this.handle, operandOf(y)));
  }
  sub(y: Operand): Tensor {
    return new Tensor(native.sub(this.handle, operandOf(y)));
  }
  mul(y: Operand): Tensor {
    return new Tensor(native.mul(this.handle, operandOf(y)));
  }
  div(y: Operand): Tensor {
    return new Tensor(native.div(this.handle, operandOf(y)));
  }
  pow(y: Operand): Tensor {
    return new Tensor(native.pow(this.handle, operandOf(y)));
  }
  neg(): Tensor {
    return new Tensor(native.neg(this.handle));
  }
  abs(): Tensor {
    return new Tensor(native.abs(this.handle));
  }
  exp(): Tensor {
    return new Tensor(native.exp(this.handle));
  }
  log(): Tensor {
    return new Tensor(native.log(this.handle));
  }
  sqrt(): Tensor {
    return new Tensor(native.sqrt(this.handle));
  }
  tanh(): Tensor {
    return new Tensor(native.tanh(this.handle));
  }
  sigmoid(): Tensor {
    return new Tensor(native.sigmoid(this.handle));
  }
  relu(): Tensor {
    return new Tensor(native.relu(this.handle));
  }
  silu(): Tensor {
    return new Tensor(native.silu(this.handle));
  }
  clamp(min: number, max: number): Tensor {
    return new Tensor(native.clamp(this.handle, min, max));
  }
  matmul(y: Tensor): Tensor {
    return new Tensor(native.matmul(this.handle, handleOf(y, "y")));
  }
  /** [B, M, K] × [B, K, N] → [B, M, N] */
  bmm(y: Tensor): Tensor {
    return new Tensor(native.bmm(this.handle, handleOf(y, "y")));
  }
  softmax(dim: number): Tensor {
    return new Tensor(native.softmax(this.handle, dim));
  }
  logSoftmax(dim: number): Tensor {
    return new Tensor(native.logSoftmax(this.handle, dim));
  }

  // Comparison and choice
  eq(y: Operand): Tensor {
    return new Tensor(native.eq(this.handle, operandOf(y)));
  }
  ne(y: Operand): Tensor {
    return new Tensor(native.ne(this.handle, operandOf(y)));
  }
  gt(y: Operand): Tensor {
    return new Tensor(native.gt(this.handle, operandOf(y)));
  }
  ge(y: Operand): Tensor {
    return new Tensor(native.ge(this.handle, operandOf(y)));
  }
  lt(y: Operand): Tensor {
    return new Tensor(native.lt(this.handle, operandOf(y)));
  }
  le(y: Operand): Tensor {
    return new Tensor(native.le(this.handle, operandOf(y)));
  }
  /** Where an element is neither infinite nor NaN. */
  isFinite(): Tensor {
    return new Tensor(native.isFinite(this.handle));
  }
  /** This tensor's elements where `condition` (bool) holds, those of `y` elsewhere. */
  where(condition: Tensor, y: Operand): Tensor {
    return new Tensor(native.where(handleOf(condition, "condition"), this.handle, operandOf(y)));
  }
  maskedFill(mask: Tensor, value: number): Tensor {
    return new Tensor(native.maskedFill(this.handle, handleOf(mask, "mask"), value));
  }

  // Reductions over `dims`; over all where none is given
  sum(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.sum(this.handle, dims, keepDim));
  }
  mean(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.mean(this.handle, dims, keepDim));
  }
  amax(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.amax(this.handle, dims, keepDim));
  }
  amin(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.amin(this.handle, dims, keepDim));
  }
  /** @param correction what is taken from the number of elements before the sum of squares is divided by it */
  std(dims: readonly number[] = [], keepDim = false, correction = 1): Tensor {
    return new Tensor(native.std(this.handle, dims, correction, keepDim));
  }
  /** (Σ |x|ᵖ)^(1/p); the Euclidean norm by default. */
  norm(dims: readonly number[] = [], keepDim = false, p = 2): Tensor {
    return new Tensor(native.norm(this.handle, p, dims, keepDim));
  }
  /** log Σ exp(x), without overflow. */
  logsumexp(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.logSumExp(this.handle, dims, keepDim));
  }
  /** Whether any element is not zero; bool. */
  any(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.any(this.handle, dims, keepDim));
  }
  /** Whether no element is zero; bool. */
  all(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.all(this.handle, dims, keepDim));
  }

  // Along one dimension
  /** The largest element of all, or along `dim` the largest ones and where they are. */
  max(): Tensor;
  max(dim: number, keepDim?: boolean): Found;
  max(dim?: number, keepDim = false): Tensor | Found {
    return dim === undefined ? this.amax() : found(native.max(this.handle, dim, keepDim));
  }
  /** The smallest element of all, or along `dim` the smallest ones and where they are. */
  min(): Tensor;
  min(dim: number, keepDim?: boolean): Found;
  min(dim?: number, keepDim = false): Tensor | Found {
    return dim === undefined ? this.amin() : found(native.min(this.handle, dim, keepDim));
  }
  argmax(dim: number): Tensor {
    return new Tensor(native.argmax(this.handle, dim));
  }
  argmin(dim: number): Tensor {
    return new Tensor(native.argmin(this.handle, dim));
  }
  topk(k: number, dim = -1): Found {
    return found(native.topk(this.handle, k, dim));
  }
  /** Equal elements keep their order. */
  sort(dim = -1, descending = false): Found {
    return found(native.sort(this.handle, dim, descending));
  }
  cumsum(dim: number): Tensor {
    return new Tensor(native.cumsum(this.handle, dim));
  }

  // Shape
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(native.reshape(this.handle, shape));
  }
  transpose(dim0: number, dim1: number): Tensor {
    return new Tensor(native.transpose(this.handle, dim0, dim1));
  }
  permute(dims: readonly number[]): Tensor {
    return new Tensor(native.permute(this.handle, dims));
  }
  /** `length` entries of dimension `dim` from `start`, as a view. */
  narrow(dim: number, start: number, length: number): Tensor {
    return new Tensor(native.narrow(this.handle, dim, start, length));
  }
  select(dim: number, index: number): Tensor {
    return new Tensor(native.select(this.handle, dim, index));
  }
  unsqueeze(dim: number): Tensor {
    return new Tensor(native.unsqueeze(this.handle, dim));
  }
  squeeze(dim: number): Tensor {
    return new Tensor(native.squeeze(this.handle, dim));
  }
  expand(shape: readonly number[]): Tensor {
    return new Tensor(native.expand(this.handle, shape));
  }
  /** Makes dimensions `startDim` to `endDim` one. */
  flatten(startDim = 0, endDim = -1): Tensor {
    return new Tensor(native.flatten(this.handle, startDim, endDim));
  }
  /** Views along `dim`, of `size` entries each (the last may have fewer), or of these sizes. */
  split(size: number | readonly number[], dim = 0): Tensor[] {
    const sizes = typeof size === "number" ? sizesOf(this.shape.at(dim) ?? 0, size) : size;
    return native.split(this.handle, sizes, dim).map((handle) => new Tensor(handle));
  }
  /** At most `chunks` views of one size along `dim`; the last may have fewer entries. */
  chunk(chunks: number, dim = 0): Tensor[] {
    return native.chunk(this.handle, chunks, dim).map((handle) => new Tensor(handle));
  }
  indexSelect(dim: number, index: Tensor): Tensor {
    return new Tensor(native.indexSelect(this.handle, dim, handleOf(index, "index")));
  }
  gather(dim: number, index: Tensor): Tensor {
    return new Tensor(native.gather(this.handle, dim, handleOf(index, "index")));
  }
  /** A copy to which each entry of `source` along `dim` is added where `index` (int64 [N]) says. */
  indexAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return new Tensor(
      native.indexAdd(this.handle, dim, handleOf(index, "index"), handleOf(source, "source")),
    );
  }
  /** A copy to which each element of `source` is added where `index` (int64, of its shape) says along `dim`. */
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return new Tensor(
      native.scatterAdd(this.handle, dim, handleOf(index, "index"), handleOf(source, "source")),
    );
  }
  contiguous(): Tensor {
    return new Tensor(native.contiguous(this.handle));
  }
  clone(): Tensor {
    return new Tensor(native.clone(this.handle));
  }
  to(dtype: DType, device: string = this.device): Tensor {
    return new Tensor(native.to(this.handle, dtype, device));
  }

  // In place
  add_(y: Operand): this {
    native.add_(this.handle, operandOf(y));
    return this;
  }
  mul_(y: Operand): this {
    native.mul_(this.handle, operandOf(y));
    return this;
  }
  /** Adds `value` · y · z. */
  addcmul_(y: Tensor, z: Tensor, value = 1): this {
    native.addcmul_(this.handle, handleOf(y, "y"), handleOf(z, "z"), value);
    return this;
  }
  zero_(): this {
    return this.fill_(0);
  }
  copy_(source: Tensor): this {
    native.copy_(this.handle, handleOf(source, "source"));
    return this;
  }
  /** Copies raw little-endian elements of a type, row-major. */
  copyBytes_(bytes: Uint8Array, dtype: DType): this {
    native.copyBytes_(this.handle, bytes, dtype);
    return this;
  }
  fill_(value: number): this {
    native.fill_(this.handle, value);
    return this;
  }
  normal_(mean = 0, std = 1): this {
    native.normal_(this.handle, mean, std);
    return this;
  }
  uniform_(from = 0, to = 1): this {
    native.uniform_(this.handle, from, to);
    return this;
  }

  // Gradients
  get requiresGrad(): boolean {
    return native.requiresGrad(this.handle);
  }
  set requiresGrad(value: boolean) {
    native.setRequiresGrad(this.handle, value);
  }
  /** The gradient that `backward()` accumulated, or null. The caller owns the returned tensor; its memory is shared. */
  get grad(): Tensor | null {
    const handle = native.grad(this.handle);
    return handle === null ? null : new Tensor(handle);
  }
  set grad(value: Tensor | null) {
    native.setGrad(this.handle, value === null ? null : handleOf(value, "grad"));
  }
  detach(): Tensor {
    return new Tensor(native.detach(this.handle));
  }
  /**
   * Adds the gradient of this one-element tensor to `grad` of every leaf it depends on.
   *
   * @param gradient what to start from instead of 1, of this tensor's shape: a loss's gradient with respect to it
   */
  backward(gradient: Tensor | null = null): void {
    native.backward(this.handle, gradient === null ? null : handleOf(gradient, "gradient"));
  }

  /**
   * Calls `hook` whenever backward has the gradient of this tensor, before it is used or accumulated. On the CPU.
   *
   * @returns what removes the hook
   */
  registerHook(hook: GradientHook): () => void {
    if (typeof hook !== "function") throw expected("a function", "hook", hook);
    const number = native.addGradientHook(this.handle, (gradient) => {
      const result = hook(new Tensor(gradient)) ?? null;
      return result === null ? null : handleOf(result, "the result of a gradient's hook");
    });
    return () => {
      if (!this.isDisposed) native.removeGradientHook(this.handle, number);
    };
  }

  // Values
  /** The value of a one-element tensor. */
  item(): number {
    return native.item(this.handle);
  }
  /** All elements in row-major order; integers above 2^53 lose precision. */
  toArray(): Float64Array {
    using doubles = this.to("float64", "cpu");
    return new Float64Array(native.toBytes(doubles.handle));
  }
  toFloat32Array(): Float32Array {
    using floats = this.to("float32", "cpu");
    return new Float32Array(native.toBytes(floats.handle));
  }
  /** The elements as they lie in memory, row-major. */
  toBytes(): Uint8Array {
    return new Uint8Array(native.toBytes(this.handle));
  }

  get isDisposed(): boolean {
    return native.isDisposed(this.handle);
  }
  /** Frees the memory. A second call does nothing. */
  dispose(): void {
    keep(this);
    native.dispose(this.handle);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  /** The dtype and the shape: `float32[2, 3]`. */
  signature(): string {
    return this.isDisposed ? "disposed" : `${this.dtype}[${this.shape.join(", ")}]`;
  }
  /** What `console.log(tensor)` shows: what it is and, of a large tensor, the values at its edges. */
  [Symbol.for("nodejs.util.inspect.custom")](depth?: number): string {
    if (this.isDisposed) return "Tensor(disposed)";
    const traits = [this.signature(), this.device, ...(this.requiresGrad ? ["requiresGrad"] : [])];
    const header = `Tensor(${traits.join(", ")})`;
    if (depth !== undefined && depth < 0) return header;
    const { shape } = this;
    return `${header}${shape.length > 1 ? "\n" : " "}${showValues(edgeValues(this), shape)}`;
  }
}

/** The elements that `showValues` shows, row-major. */
function edgeValues(x: Tensor): (number | bigint | boolean)[] {
  return scope(() =>
    noGrad(() => {
      let edges = x.detach();
      for (const [dim, indices] of shownIndices(x.shape).entries()) {
        if (indices.length === x.shape[dim]) continue;
        edges = edges.indexSelect(dim, integers(indices, x.device));
      }
      if (x.dtype === "int64") return [...new BigInt64Array(native.toBytes(edges.handle))];
      const values = [...edges.toArray()];
      return x.dtype === "bool" ? values.map(Boolean) : values;
    }),
  );
}

function integers(values: readonly number[], device: string): Tensor {
  const data = BigInt64Array.from(values, BigInt);
  return new Tensor(native.fromBytes(data, [values.length], "int64", device));
}

/** Sizes of the parts that `length` entries are cut into. */
function sizesOf(length: number, size: number): number[] {
  if (!(Number.isInteger(size) && size > 0)) throw expected("a whole number above 0", "size", size);
  const parts = Math.max(1, Math.ceil(length / size));
  return Array.from({ length: parts }, (_, part) => Math.min(size, length - part * size));
}

function found([values, indices]: readonly [TensorHandle, TensorHandle]): Found {
  return { values: new Tensor(values), indices: new Tensor(indices) };
}

/** The handle of an argument that has to be a tensor. */
export function handleOf(value: Tensor, name: string): TensorHandle {
  if (!(value instanceof Tensor)) throw expected("a tensor", name, value);
  return value.handle;
}

/** An operand as the native operations take it. */
export function operandOf(value: Operand, name = "y"): TensorHandle | number {
  if (typeof value === "number") return value;
  if (!(value instanceof Tensor)) throw expected("a tensor or a number", name, value);
  return value.handle;
}
