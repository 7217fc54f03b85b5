import { productOf } from "../arrays.js";
import { expected } from "../errors.js";
import { noGrad } from "./autograd.js";
import type { DType } from "./dtype.js";
import { checkFilling, checkHeld, holdsIntegers } from "./integers.js";
import { native } from "./native.js";
import type { TensorHandle } from "./native-ops.js";
import { checkSameShape } from "./same-shape.js";
import { keep, scope, track } from "./scope.js";
import { shownIndices, showValues } from "./show-values.js";

/** The other side of a binary operation; a number takes the tensor's dtype. */
export type Operand = Tensor | number;

/** What an operation that looks for elements gives: them, and int64 indices along the dimension. */
export interface Found {
  /** The elements. */
  values: Tensor;
  /** int64: where along the dimension they are. */
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
  /** @internal */
  readonly handle: TensorHandle;

  /** @internal */
  constructor(handle: TensorHandle) {
    this.handle = handle;
    track(this);
  }

  /** The length of each dimension; `[]` for a single number. */
  get shape(): readonly number[] {
    return native.shape(this.handle);
  }
  /** The type of the elements. */
  get dtype(): DType {
    return native.dtype(this.handle);
  }
  /** Where the memory is: `cpu`, or `cuda:0`. */
  get device(): string {
    return native.device(this.handle);
  }
  /** Number of elements. */
  get size(): number {
    return productOf(this.shape);
  }

  // Arithmetic
  /** x + y, element by element, broadcast. */
  add(y: Operand): Tensor {
    return new Tensor(native.add(this.handle, operandOf(y)));
  }
  /** x - y, element by element, broadcast. */
  sub(y: Operand): Tensor {
    return new Tensor(native.sub(this.handle, operandOf(y)));
  }
  /** x · y, element by element, broadcast. */
  mul(y: Operand): Tensor {
    return new Tensor(native.mul(this.handle, operandOf(y)));
  }
  /** x / y, element by element, broadcast; of integers a float32. */
  div(y: Operand): Tensor {
    return new Tensor(native.div(this.handle, operandOf(y)));
  }
  /** xʸ, element by element, broadcast; y is no negative whole number where x is of integers, or bool. */
  pow(y: Operand): Tensor {
    const isWhole = this.dtype === "bool" || holdsIntegers(this.dtype);
    if (isWhole && Number.isInteger(y) && Number(y) < 0)
      throw expected(`a number of at least 0, as x is ${this.dtype},`, "y", y);
    return new Tensor(native.pow(this.handle, this.#heldOperand(y)));
  }
  /** -x. */
  neg(): Tensor {
    return new Tensor(native.neg(this.handle));
  }
  /** |x|. */
  abs(): Tensor {
    return new Tensor(native.abs(this.handle));
  }
  /** eˣ. */
  exp(): Tensor {
    return new Tensor(native.exp(this.handle));
  }
  /** The natural logarithm; -Infinity of 0, NaN below. */
  log(): Tensor {
    return new Tensor(native.log(this.handle));
  }
  /** The square root; NaN below 0. */
  sqrt(): Tensor {
    return new Tensor(native.sqrt(this.handle));
  }
  /** The hyperbolic tangent. */
  tanh(): Tensor {
    return new Tensor(native.tanh(this.handle));
  }
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(): Tensor {
    return new Tensor(native.sigmoid(this.handle));
  }
  /** x where it is above 0, else 0. */
  relu(): Tensor {
    return new Tensor(native.relu(this.handle));
  }
  /** x · sigmoid(x). */
  silu(): Tensor {
    return new Tensor(native.silu(this.handle));
  }
  /** x, but at least `min` and at most `max`; integers stay integers between whole numbers. */
  clamp(min: number, max: number): Tensor {
    const isWhole = (bound: number) => Number.isSafeInteger(bound) || Math.abs(bound) === Infinity;
    if (holdsIntegers(this.dtype) && isWhole(min) && isWhole(max)) return clampIntegers(this, min, max);
    return new Tensor(native.clamp(this.handle, min, max));
  }
  /** The product of matrices over the last two dimensions, [..., M, K] × [..., K, N] → [..., M, N]; those before are broadcast. */
  matmul(y: Tensor): Tensor {
    return new Tensor(native.matmul(this.handle, handleOf(y, "y")));
  }
  /** [B, M, K] × [B, K, N] → [B, M, N] */
  bmm(y: Tensor): Tensor {
    return new Tensor(native.bmm(this.handle, handleOf(y, "y")));
  }
  /** eˣ divided by its sum along `dim`. */
  softmax(dim: number): Tensor {
    return new Tensor(native.softmax(this.handle, dim));
  }
  /** The logarithm of the softmax along `dim`, without overflow. */
  logSoftmax(dim: number): Tensor {
    return new Tensor(native.logSoftmax(this.handle, dim));
  }

  // Comparison and choice
  /** An operand that integers are compared with, or that takes the place of some. */
  #heldOperand(y: Operand): TensorHandle | number {
    checkHeld(y, this.dtype, "y");
    return operandOf(y);
  }
  /** Whether x = y, element by element, broadcast; bool. */
  eq(y: Operand): Tensor {
    return new Tensor(native.eq(this.handle, this.#heldOperand(y)));
  }
  /** Whether x ≠ y, element by element, broadcast; bool. */
  ne(y: Operand): Tensor {
    return new Tensor(native.ne(this.handle, this.#heldOperand(y)));
  }
  /** Whether x > y, element by element, broadcast; bool. */
  gt(y: Operand): Tensor {
    return new Tensor(native.gt(this.handle, this.#heldOperand(y)));
  }
  /** Whether x ≥ y, element by element, broadcast; bool. */
  ge(y: Operand): Tensor {
    return new Tensor(native.ge(this.handle, this.#heldOperand(y)));
  }
  /** Whether x < y, element by element, broadcast; bool. */
  lt(y: Operand): Tensor {
    return new Tensor(native.lt(this.handle, this.#heldOperand(y)));
  }
  /** Whether x ≤ y, element by element, broadcast; bool. */
  le(y: Operand): Tensor {
    return new Tensor(native.le(this.handle, this.#heldOperand(y)));
  }
  /** Where an element is neither infinite nor NaN. */
  isFinite(): Tensor {
    return new Tensor(native.isFinite(this.handle));
  }
  /** This tensor's elements where `condition` (bool) holds, those of `y` elsewhere. */
  where(condition: Tensor, y: Operand): Tensor {
    return new Tensor(native.where(handleOf(condition, "condition"), this.handle, this.#heldOperand(y)));
  }
  /** A copy with `value` where `mask` (bool, broadcast) holds. */
  maskedFill(mask: Tensor, value: number): Tensor {
    checkFilling(value, this.dtype);
    return new Tensor(native.maskedFill(this.handle, handleOf(mask, "mask"), value));
  }

  // Reductions over `dims`; over all where none is given
  /** The sum over `dims`, by default over all; with `keepDim` they stay, of length 1. */
  sum(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.sum(this.handle, dims, keepDim));
  }
  /** The mean over `dims`, by default over all; with `keepDim` they stay, of length 1. */
  mean(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.mean(this.handle, dims, keepDim));
  }
  /** The largest element over `dims`, by default over all; with `keepDim` they stay, of length 1. */
  amax(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.amax(this.handle, dims, keepDim));
  }
  /** The smallest element over `dims`, by default over all; with `keepDim` they stay, of length 1. */
  amin(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.amin(this.handle, dims, keepDim));
  }
  /**
   * The standard deviation over `dims`, by default over all; with `keepDim` they stay, of length 1.
   *
   * @param correction what is taken from the number of elements before the sum of squares is divided by it
   */
  std(dims: readonly number[] = [], keepDim = false, correction = 1): Tensor {
    if (correction === 0 || correction === 1)
      return new Tensor(native.std(this.handle, dims, correction, keepDim));
    if (typeof correction !== "number") throw expected("a number", "correction", correction);
    return scope(() => {
      const ofAll = this.std(dims, keepDim, 0);
      const count = this.size / Math.max(1, ofAll.size); // of elements behind each result
      return ofAll.mul(Math.sqrt(count / Math.max(0, count - correction)));
    });
  }
  /** (Σ |x|ᵖ)^(1/p); the Euclidean norm by default. */
  norm(dims: readonly number[] = [], keepDim = false, p = 2): Tensor {
    return new Tensor(native.norm(this.handle, p, dims, keepDim));
  }
  /** log Σ exp(x), without overflow. */
  logsumexp(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.logSumExp(this.handle, dims, keepDim));
  }
  /** Whether any element is not zero; bool, or uint8 of uint8. */
  any(dims: readonly number[] = [], keepDim = false): Tensor {
    return new Tensor(native.any(this.handle, dims, keepDim));
  }
  /** Whether no element is zero; bool, or uint8 of uint8. */
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
  /** Where along `dim` the largest elements are; int64, without that dimension. */
  argmax(dim: number): Tensor {
    return new Tensor(native.argmax(this.handle, dim));
  }
  /** Where along `dim` the smallest elements are; int64, without that dimension. */
  argmin(dim: number): Tensor {
    return new Tensor(native.argmin(this.handle, dim));
  }
  /** The `k` largest elements along `dim`, from the largest on, and where they are. */
  topk(k: number, dim = -1): Found {
    return found(native.topk(this.handle, k, dim));
  }
  /** Equal elements keep their order. */
  sort(dim = -1, descending = false): Found {
    return found(native.sort(this.handle, dim, descending));
  }
  /** Sums along `dim` of each element and those before it. */
  cumsum(dim: number): Tensor {
    return new Tensor(native.cumsum(this.handle, dim));
  }

  // Shape
  /** The same elements in another shape, of which one length may be -1: a view where memory allows it, else a copy. */
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(native.reshape(this.handle, shape));
  }
  /** A view with two dimensions in each other's place. */
  transpose(dim0: number, dim1: number): Tensor {
    return new Tensor(native.transpose(this.handle, dim0, dim1));
  }
  /** A view with the dimensions in the order of `dims`. */
  permute(dims: readonly number[]): Tensor {
    return new Tensor(native.permute(this.handle, dims));
  }
  /** `length` entries of dimension `dim` from `start`, as a view. */
  narrow(dim: number, start: number, length: number): Tensor {
    return new Tensor(native.narrow(this.handle, dim, start, length));
  }
  /** A view of entry `index` of dimension `dim`, without that dimension. */
  select(dim: number, index: number): Tensor {
    return new Tensor(native.select(this.handle, dim, index));
  }
  /** A view with a new dimension of length 1 at `dim`. */
  unsqueeze(dim: number): Tensor {
    return new Tensor(native.unsqueeze(this.handle, dim));
  }
  /** A view without dimension `dim`, if that has length 1. */
  squeeze(dim: number): Tensor {
    return new Tensor(native.squeeze(this.handle, dim));
  }
  /** A view in which dimensions of length 1 are repeated; -1 leaves one as it is. */
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
  /** A copy of the entries of dimension `dim` that `index` (int64 [N]) names, in its order. */
  indexSelect(dim: number, index: Tensor): Tensor {
    return new Tensor(native.indexSelect(this.handle, dim, handleOf(index, "index")));
  }
  /** The elements that `index` (int64, of as many dimensions) names along `dim`, in its shape. */
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
  /** The elements row-major in memory: the same memory where they are so already, else a copy. */
  contiguous(): Tensor {
    return new Tensor(native.contiguous(this.handle));
  }
  /** A copy; gradients flow back through it. */
  clone(): Tensor {
    return new Tensor(native.clone(this.handle));
  }
  /** The elements as another dtype, or on another device; a new handle on the same memory where nothing changes. */
  to(dtype: DType, device: string = this.device): Tensor {
    return new Tensor(native.to(this.handle, dtype, device));
  }

  // In place
  /** Adds `y`, broadcast, in place. */
  add_(y: Operand): this {
    native.add_(this.handle, operandOf(y));
    return this;
  }
  /** Multiplies by `y`, broadcast, in place. */
  mul_(y: Operand): this {
    native.mul_(this.handle, operandOf(y));
    return this;
  }
  /** Adds `value` · y · z. */
  addcmul_(y: Tensor, z: Tensor, value = 1): this {
    native.addcmul_(this.handle, handleOf(y, "y"), handleOf(z, "z"), value);
    return this;
  }
  /** Makes every element 0, in place. */
  zero_(): this {
    return this.fill_(0);
  }
  /** Takes the elements of `source`, broadcast and as this dtype, in place. */
  copy_(source: Tensor): this {
    native.copy_(this.handle, handleOf(source, "source"));
    return this;
  }
  /** Copies raw little-endian elements of a type, row-major. */
  copyBytes_(bytes: Uint8Array, dtype: DType): this {
    native.copyBytes_(this.handle, bytes, dtype);
    return this;
  }
  /** Makes every element `value`, in place. */
  fill_(value: number): this {
    checkFilling(value, this.dtype);
    native.fill_(this.handle, value);
    return this;
  }
  /** Draws every element from a normal distribution, in place; `manualSeed()` makes it repeatable. */
  normal_(mean = 0, std = 1): this {
    native.normal_(this.handle, mean, std);
    return this;
  }
  /** Draws every element evenly from `from` to below `to`, in place; `manualSeed()` makes it repeatable. */
  uniform_(from = 0, to = 1): this {
    native.uniform_(this.handle, from, to);
    return this;
  }

  // Gradients
  /** Whether `backward()` computes a gradient for it; of a leaf, it can be set. */
  get requiresGrad(): boolean {
    return native.requiresGrad(this.handle);
  }
  /** Of a leaf alone: what computed others decides for them. */
  set requiresGrad(value: boolean) {
    native.setRequiresGrad(this.handle, value);
  }
  /** The gradient that `backward()` accumulated, or null. The caller owns the returned tensor; its memory is shared. */
  get grad(): Tensor | null {
    const handle = native.grad(this.handle);
    return handle === null ? null : new Tensor(handle);
  }
  /** Of the tensor's shape, dtype and device; it goes on sharing memory with what is given. Null forgets it. */
  set grad(value: Tensor | null) {
    native.setGrad(this.handle, value === null ? null : handleOf(value, "grad"));
  }
  /** A view that no gradient flows through. */
  detach(): Tensor {
    return new Tensor(native.detach(this.handle));
  }
  /**
   * Adds the gradient of this one-element tensor to `grad` of every leaf it depends on.
   *
   * @param gradient what to start from instead of 1, of this tensor's shape: a loss's gradient with respect to it
   */
  backward(gradient: Tensor | null = null): void {
    const start = gradient === null ? null : handleOf(gradient, "gradient");
    if (gradient !== null) checkSameShape(this, gradient, "gradient");
    native.backward(this.handle, start);
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
  /** The value of a one-element tensor; of an integer above 2^53 the nearest that a number holds. */
  item(): number {
    return native.item(this.handle);
  }
  /** All elements in row-major order; integers above 2^53 lose precision. */
  toArray(): Float64Array {
    using doubles = this.to("float64", "cpu");
    return new Float64Array(native.toBytes(doubles.handle));
  }
  /** All elements in row-major order, as float32. */
  toFloat32Array(): Float32Array {
    using floats = this.to("float32", "cpu");
    return new Float32Array(native.toBytes(floats.handle));
  }
  /** The elements as they lie in memory, row-major. */
  toBytes(): Uint8Array {
    return new Uint8Array(native.toBytes(this.handle));
  }

  /** Whether the memory was freed; what uses the elements then throws ERR_DISPOSED. */
  get isDisposed(): boolean {
    return native.isDisposed(this.handle);
  }
  /** Frees the memory. A second call does nothing. */
  dispose(): void {
    keep(this);
    native.dispose([this.handle]);
  }
  /** What `using` calls: `dispose()`. */
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

/** What LibTorch computes as floats, where no integer above 2²⁴ is exact. @param min, max whole numbers, or infinite */
function clampIntegers(x: Tensor, min: number, max: number): Tensor {
  checkHeld(min, x.dtype, "min");
  checkHeld(max, x.dtype, "max");
  return scope(() => {
    const above = min === -Infinity ? x.clone() : x.where(x.ge(min), min);
    return max === Infinity ? above : above.where(above.le(max), max);
  });
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
