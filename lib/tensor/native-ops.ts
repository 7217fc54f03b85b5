// Generated from the native op table by `npm run generate`. Do not edit.
import type { DType } from "./dtype.js";

/** Objects inside the native addon. */
export type TensorHandle = { readonly __brand: "TensorHandle" };
export type GeneratorHandle = { readonly __brand: "GeneratorHandle" };
export type GraphHandle = { readonly __brand: "GraphHandle" };
export type StoreHandle = { readonly __brand: "StoreHandle" };
export type HeartbeatHandle = { readonly __brand: "HeartbeatHandle" };
export type GroupHandle = { readonly __brand: "GroupHandle" };
export type WorkHandle = { readonly __brand: "WorkHandle" };
export type ReducerHandle = { readonly __brand: "ReducerHandle" };

/** Every op that the addon binds, with the arguments that its C++ lambda takes. */
export interface NativeOps {
  empty(shape: readonly number[], dtype: DType, device: string): TensorHandle;
  zeros(shape: readonly number[], dtype: DType, device: string): TensorHandle;
  full(shape: readonly number[], value: number, dtype: DType, device: string): TensorHandle;
  arange(start: number, end: number, step: number, dtype: DType, device: string): TensorHandle;
  fromBytes(bytes: ArrayBufferView, shape: readonly number[], dtype: DType, device: string): TensorHandle;
  copyBytes_(x: TensorHandle, bytes: ArrayBufferView, dtype: DType): void;
  toBytes(x: TensorHandle): ArrayBuffer;
  add(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  sub(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  mul(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  div(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  pow(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  neg(x: TensorHandle): TensorHandle;
  abs(x: TensorHandle): TensorHandle;
  exp(x: TensorHandle): TensorHandle;
  log(x: TensorHandle): TensorHandle;
  sqrt(x: TensorHandle): TensorHandle;
  clamp(x: TensorHandle, min: number, max: number): TensorHandle;
  tanh(x: TensorHandle): TensorHandle;
  sigmoid(x: TensorHandle): TensorHandle;
  relu(x: TensorHandle): TensorHandle;
  silu(x: TensorHandle): TensorHandle;
  gelu(x: TensorHandle, approximate: string): TensorHandle;
  eq(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  ne(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  gt(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  ge(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  lt(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  le(x: TensorHandle, y: TensorHandle | number): TensorHandle;
  isFinite(x: TensorHandle): TensorHandle;
  where(condition: TensorHandle, x: TensorHandle | number, y: TensorHandle | number): TensorHandle;
  maskedFill(x: TensorHandle, mask: TensorHandle, value: number): TensorHandle;
  add_(x: TensorHandle, y: TensorHandle | number): void;
  mul_(x: TensorHandle, y: TensorHandle | number): void;
  addcmul_(x: TensorHandle, y: TensorHandle, z: TensorHandle, value: number): void;
  copy_(x: TensorHandle, source: TensorHandle): void;
  fill_(x: TensorHandle, value: number): void;
  clamp_(x: TensorHandle, min: number, max: number): void;
  erfinv_(x: TensorHandle): void;
  shape(x: TensorHandle): readonly number[];
  dtype(x: TensorHandle): DType;
  device(x: TensorHandle): string;
  reshape(x: TensorHandle, shape: readonly number[]): TensorHandle;
  transpose(x: TensorHandle, dim0: number, dim1: number): TensorHandle;
  permute(x: TensorHandle, dims: readonly number[]): TensorHandle;
  narrow(x: TensorHandle, dim: number, start: number, length: number): TensorHandle;
  select(x: TensorHandle, dim: number, index: number): TensorHandle;
  unsqueeze(x: TensorHandle, dim: number): TensorHandle;
  squeeze(x: TensorHandle, dim: number): TensorHandle;
  expand(x: TensorHandle, shape: readonly number[]): TensorHandle;
  flatten(x: TensorHandle, startDim: number, endDim: number): TensorHandle;
  split(x: TensorHandle, sizes: readonly number[], dim: number): readonly TensorHandle[];
  chunk(x: TensorHandle, chunks: number, dim: number): readonly TensorHandle[];
  contiguous(x: TensorHandle): TensorHandle;
  clone(x: TensorHandle): TensorHandle;
  to(x: TensorHandle, dtype: DType, device: string): TensorHandle;
  cat(tensors: readonly TensorHandle[], dim: number): TensorHandle;
  stack(tensors: readonly TensorHandle[], dim: number): TensorHandle;
  indexSelect(x: TensorHandle, dim: number, index: TensorHandle): TensorHandle;
  gather(x: TensorHandle, dim: number, index: TensorHandle): TensorHandle;
  indexAdd(x: TensorHandle, dim: number, index: TensorHandle, source: TensorHandle): TensorHandle;
  scatterAdd(x: TensorHandle, dim: number, index: TensorHandle, source: TensorHandle): TensorHandle;
  oneHot(x: TensorHandle, classes: number): TensorHandle;
  sum(x: TensorHandle, dims: readonly number[], keepDim: boolean): TensorHandle;
  mean(x: TensorHandle, dims: readonly number[], keepDim: boolean): TensorHandle;
  std(x: TensorHandle, dims: readonly number[], correction: number, keepDim: boolean): TensorHandle;
  norm(x: TensorHandle, p: number, dims: readonly number[], keepDim: boolean): TensorHandle;
  logSumExp(x: TensorHandle, dims: readonly number[], keepDim: boolean): TensorHandle;
  any(x: TensorHandle, dims: readonly number[], keepDim: boolean): TensorHandle;
  all(x: TensorHandle, dims: readonly number[], keepDim: boolean): TensorHandle;
  amax(x: TensorHandle, dims: readonly number[], keepDim: boolean): TensorHandle;
  amin(x: TensorHandle, dims: readonly number[], keepDim: boolean): TensorHandle;
  max(x: TensorHandle, dim: number, keepDim: boolean): [TensorHandle, TensorHandle];
  min(x: TensorHandle, dim: number, keepDim: boolean): [TensorHandle, TensorHandle];
  argmax(x: TensorHandle, dim: number): TensorHandle;
  argmin(x: TensorHandle, dim: number): TensorHandle;
  topk(x: TensorHandle, k: number, dim: number): [TensorHandle, TensorHandle];
  sort(x: TensorHandle, dim: number, descending: boolean): [TensorHandle, TensorHandle];
  cumsum(x: TensorHandle, dim: number): TensorHandle;
  item(x: TensorHandle): number;
  linear(x: TensorHandle, weight: TensorHandle, bias: TensorHandle | null): TensorHandle;
  linearGelu(x: TensorHandle, weight: TensorHandle, bias: TensorHandle, tanh: boolean): TensorHandle;
  linearWithResidual(
    x: TensorHandle,
    weight: TensorHandle,
    bias: TensorHandle | null,
  ): [TensorHandle, TensorHandle];
  linearGeluWithResidual(
    x: TensorHandle,
    weight: TensorHandle,
    bias: TensorHandle,
    tanh: boolean,
  ): [TensorHandle, TensorHandle];
  embedding(weight: TensorHandle, ids: TensorHandle, paddingId: number): TensorHandle;
  bertEmbeddings(
    words: TensorHandle,
    wordIds: TensorHandle,
    paddingId: number,
    positions: TensorHandle,
    positionIds: TensorHandle,
    segments: TensorHandle | null,
    segmentIds: TensorHandle | null,
    weight: TensorHandle,
    bias: TensorHandle,
    eps: number,
    p: number,
    key: TensorHandle | null,
    rowIds: TensorHandle | null,
  ): TensorHandle;
  dropout(x: TensorHandle, p: number, key: TensorHandle | null, rowIds: TensorHandle | null): TensorHandle;
  dropoutAddLayerNorm(
    x: TensorHandle,
    residual: TensorHandle,
    weight: TensorHandle,
    bias: TensorHandle,
    eps: number,
    p: number,
    key: TensorHandle | null,
    rowIds: TensorHandle | null,
  ): TensorHandle;
  varlenAttention(
    qkv: TensorHandle,
    cuSeqlens: TensorHandle,
    maxSeqlen: number,
    numHeads: number,
    dropoutP: number,
    key: TensorHandle | null,
    generator: GeneratorHandle | null,
    rowIds: TensorHandle | null,
    causal: boolean,
  ): TensorHandle;
  crossEntropySum(logits: TensorHandle, targets: TensorHandle): TensorHandle;
  packWeight_(weight: TensorHandle): TensorHandle;
  quantizeWeight(weight: TensorHandle): [TensorHandle, TensorHandle];
  encoderLayers(
    hidden: TensorHandle,
    cuSeqlens: TensorHandle,
    maxSeqlen: number,
    parameters: readonly TensorHandle[],
    scales: readonly TensorHandle[],
    numHeads: number,
    activation: string,
    eps: number,
    causal: boolean,
    outputTokens: TensorHandle | null,
  ): readonly TensorHandle[];
  adamw_(
    master: TensorHandle,
    weight: TensorHandle,
    grad: TensorHandle,
    expAvg: TensorHandle,
    expAvgSq: TensorHandle,
    rates: TensorHandle,
    rateScale: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    gradScale: TensorHandle,
    zeroGrad: boolean,
  ): void;
  sumOfSquares(flat: TensorHandle): TensorHandle;
  segmentSumsOfSquares(flat: TensorHandle, offsets: TensorHandle): TensorHandle;
  addScaledSegments_(x: TensorHandle, y: TensorHandle, offsets: TensorHandle, factors: TensorHandle): void;
  matmul(x: TensorHandle, y: TensorHandle): TensorHandle;
  bmm(x: TensorHandle, y: TensorHandle): TensorHandle;
  einsum(equation: string, tensors: readonly TensorHandle[]): TensorHandle;
  softmax(x: TensorHandle, dim: number): TensorHandle;
  logSoftmax(x: TensorHandle, dim: number): TensorHandle;
  layerNorm(x: TensorHandle, weight: TensorHandle, bias: TensorHandle, eps: number): TensorHandle;
  crossEntropy(
    logits: TensorHandle,
    targets: TensorHandle,
    weight: TensorHandle | null,
    reduction: string,
    labelSmoothing: number,
  ): TensorHandle;
  binaryCrossEntropy(logits: TensorHandle, targets: TensorHandle, reduction: string): TensorHandle;
  klDiv(x: TensorHandle, target: TensorHandle, reduction: string, logTarget: boolean): TensorHandle;
  cosineSimilarity(x: TensorHandle, y: TensorHandle, dim: number, eps: number): TensorHandle;
  cosineEmbeddingLoss(
    x: TensorHandle,
    y: TensorHandle,
    target: TensorHandle,
    margin: number,
    reduction: string,
  ): TensorHandle;
  mseLoss(x: TensorHandle, target: TensorHandle, reduction: string): TensorHandle;
  requiresGrad(x: TensorHandle): boolean;
  setRequiresGrad(x: TensorHandle, value: boolean): void;
  detach(x: TensorHandle): TensorHandle;
  backward(x: TensorHandle, gradient: TensorHandle | null): void;
  grad(x: TensorHandle): TensorHandle | null;
  setGrad(x: TensorHandle, grad: TensorHandle | null): void;
  setData(x: TensorHandle, data: TensorHandle): void;
  addGradientHook(x: TensorHandle, hook: (gradient: TensorHandle) => TensorHandle | null): number;
  removeGradientHook(x: TensorHandle, number: number): void;
  isGradEnabled(): boolean;
  setGradEnabled(enabled: boolean): void;
  setErrorClass(errorClass: new (...args: never[]) => Error): void;
  rand(shape: readonly number[], dtype: DType, device: string): TensorHandle;
  randn(shape: readonly number[], dtype: DType, device: string): TensorHandle;
  normal_(x: TensorHandle, mean: number, std: number): void;
  uniform_(x: TensorHandle, from: number, to: number): void;
  newGenerator(device: string): GeneratorHandle;
  seedGenerator(generator: GeneratorHandle, high: number, low: number): void;
  generatorOffset(generator: GeneratorHandle): number;
  setGeneratorOffset(generator: GeneratorHandle, offset: number): void;
  manualSeed(seed: number): void;
  dispose(tensors: readonly TensorHandle[]): void;
  isDisposed(x: TensorHandle): boolean;
  liveTensors(): number;
  getNumThreads(): number;
  setNumThreads(count: number): void;
  startProfile(whole: readonly string[], withNumbers: boolean): void;
  endProfile(): readonly [string, string, number, number, number][];
  setDevice(device: string): void;
  useDeterministicAlgorithms(): void;
  deviceMemory(device: string): [number, number, number, number];
  ownKernels(): readonly string[];
  useOwnKernels(names: readonly string[]): void;
  beginGraph(generator: GeneratorHandle, sharing: GraphHandle | null): GraphHandle;
  endGraph(graph: GraphHandle): void;
  replayGraph(graph: GraphHandle): void;
  freeGraph(graph: GraphHandle): void;
  useOwnStream(device: string): void;
  openStore(
    host: string,
    port: number,
    isServer: boolean,
    prefix: string,
    connectSeconds: number,
    timeoutSeconds: number,
  ): StoreHandle;
  limitStore(store: StoreHandle, seconds: number): void;
  nextGroupNumber(): number;
  storeAdd(store: StoreHandle, key: string, amount: number): number;
  storeSet(store: StoreHandle, key: string, value: string): void;
  storeHas(store: StoreHandle, key: string): boolean;
  storeGet(store: StoreHandle, key: string): string;
  startHeartbeat(store: StoreHandle, key: string): HeartbeatHandle;
  stopHeartbeat(heartbeat: HeartbeatHandle): void;
  closeStore(store: StoreHandle): void;
  joinGroup(
    store: StoreHandle,
    rank: number,
    size: number,
    address: string,
    timeoutSeconds: number,
  ): GroupHandle;
  leaveGroup(group: GroupHandle): void;
  addNccl(group: GroupHandle): void;
  checkGroup(group: GroupHandle): void;
  allReduce_(group: GroupHandle, x: TensorHandle): WorkHandle;
  broadcast_(group: GroupHandle, x: TensorHandle, root: number): WorkHandle;
  reduceScatter_(group: GroupHandle, own: TensorHandle, all: TensorHandle): WorkHandle;
  allGather_(group: GroupHandle, all: TensorHandle, own: TensorHandle): WorkHandle;
  waitFor(work: WorkHandle): void;
  newReducer(
    group: GroupHandle,
    gradients: readonly TensorHandle[],
    sums: readonly (TensorHandle | null)[],
    own: readonly (TensorHandle | null)[],
    parameters: readonly TensorHandle[],
    chunksOf: readonly (readonly number[])[],
    wire: DType,
  ): ReducerHandle;
  startReduction(reducer: ReducerHandle): void;
  finishReduction(reducer: ReducerHandle): void;
  takeReductionTime(reducer: ReducerHandle): [number, number, number];
  closeReducer(reducer: ReducerHandle): void;

  /** The signatures above, as text. */
  readonly opSignatures: readonly string[];
  /** Version of LibTorch that the addon was compiled against. */
  readonly torchVersion: string;
}
