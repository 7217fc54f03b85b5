import type { DType } from "./dtype.js";
import { native } from "./native.js";
import type { TensorHandle } from "./native-ops.js";
import { keep, track } from "./scope.js";

/** The other side of a binary operation; a number takes the tensor's dtype. */
export type Operand = Tensor | number;

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
    return new Tensor(native.add(this.handle, operand(y)));
  }
  sub(y: Operand): Tensor {
    return new Tensor(native.sub(this.handle, operand(y)));
  }
  mul(y: Operand): Tensor {
    return new Tensor(native.mul(this.handle, operand(y)));
  }
  div(y: Operand): Tensor {
    return new Tensor(native.div(this.handle, operand(y)));
  }
  pow(y: Operand): Tensor {
    return new Tensor(native.pow(this.handle, operand(y)));
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
  clamp(min: number, max: number): Tensor {
    return new Tensor(native.clamp(this.handle, min, max));
  }
  matmul(y: Tensor): Tensor {
    return new Tensor(native.matmul(this.handle, y.handle));
  }
  softmax(dim: number): Tensor {
    return new Tensor(native.softmax(this.handle, dim));
  }
  logSoftmax(dim: number): Tensor {
    return new Tensor(native.logSoftmax(this.handle, dim));
  }

  // Comparison and choice
  eq(y: Operand): Tensor {
    return new Tensor(native.eq(this.handle, operand(y)));
  }
  ne(y: Operand): Tensor {
    return new Tensor(native.ne(this.handle, operand(y)));
  }
  gt(y: Operand): Tensor {
    return new Tensor(native.gt(this.handle, operand(y)));
  }
  ge(y: Operand): Tensor {
    return new Tensor(native.ge(this.handle, operand(y)));
  }
  lt(y: Operand): Tensor {
    return new Tensor(native.lt(this.handle, operand(y)));
  }
  le(y: Operand): Tensor {
    return new Tensor(native.le(this.handle, operand(y)));
  }
  /** Where an element is neither infinite nor NaN. */
  isFinite(): Tensor {
    return new Tensor(native.isFinite(this.handle));
  }
  maskedFill(mask: Tensor, value: number): Tensor {
    return new Tensor(native.maskedFill(this.handle, mask.handle, value));
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
  argmax(dim: number): Tensor {
    return new Tensor(native.argmax(this.handle, dim));
  }
  /** The Euclidean norm of all elements, shape []. */
  norm(): Tensor {
    return new Tensor(native.norm(this.handle));
  }
  topk(k: number, dim = -1): { values: Tensor; indices: Tensor } {
    const [values, indices] = native.topk(this.handle, k, dim);
    return { values: new Tensor(values), indices: new Tensor(indices) };
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
  indexSelect(dim: number, index: Tensor): Tensor {
    return new Tensor(native.indexSelect(this.handle, dim, index.handle));
  }
  gather(dim: number, index: Tensor): Tensor {
    return new Tensor(native.gather(this.handle, dim, index.handle));
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
    native.add_(this.handle, operand(y));
    return this;
  }
  mul_(y: Operand): this {
    native.mul_(this.handle, operand(y));
    return this;
  }
  copy_(source: Tensor): this {
    native.copy_(this.handle, source.handle);
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
  /** The gradient that `backward()` accumulated, or null. The caller owns the returned tensor. */
  get grad(): Tensor | null {
    const handle = native.grad(this.handle);
    return handle === null ? null : new Tensor(handle);
  }
  set grad(value: Tensor | null) {
    native.setGrad(this.handle, value === null ? null : value.handle);
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
    native.backward(this.handle, gradient?.handle ?? null);
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

  /** Frees the memory. A second call does nothing. */
  dispose(): void {
    keep(this);
    native.dispose(this.handle);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor(${this.dtype}[${this.shape.join(", ")}], ${this.device})`;
  }
}

function operand(y: Operand): TensorHandle | number {
  return typeof y === "number" ? y : y.handle;
}
