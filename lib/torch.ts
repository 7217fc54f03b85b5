/**
 * Tensors, modules and optimizers for models and training loops of one's own. Unlike `libbert`, all of it computes on the
 * calling thread.
 *
 * @module libbert/torch
 */

export {
  type LoadReport,
  loadNetwork,
  type NetworkLayout,
  type NetworkLoading,
} from "./checkpoint/load-network.js";
export { readConfig, writeModel } from "./checkpoint/model-directory.js";
export { networkTensors } from "./checkpoint/tensors-to-store.js";
export type { WeightFiles } from "./checkpoint/weight-files.js";
export { CheckpointWeights } from "./checkpoint/weights.js";
export { epochBatches, type OrderOptions } from "./data/order.js";
export {
  type Agreement,
  DataParallel,
  type DataParallelOptions,
  type ReductionTime,
} from "./distributed/data-parallel.js";
export { ProcessGroup } from "./distributed/group.js";
export { type Membership, membershipOf } from "./distributed/membership.js";
export type { RendezvousOptions } from "./distributed/open-store.js";
export { partitionByLength, type World } from "./distributed/partition.js";
export type { Facts } from "./distributed/rendezvous.js";
export { type ErrorCode, LibbertError } from "./errors.js";
export type { TensorToStore } from "./files/safetensors.js";
export type { TensorFile, TensorInFile } from "./files/tensor-file.js";
export { BertModel } from "./models/bert/bert-model.js";
export type { Encoder, EncoderOutputs, Packing } from "./models/encoder.js";
export type { EncoderConfig } from "./models/encoder-config.js";
export { type EncoderInput, firstTokens, toEncoderInput } from "./models/encoder-input.js";
export type { Family, HeadLayout } from "./models/families/family.js";
export * as families from "./models/families/index.js";
export { AnswerHead, type SpanPositions, spanLossSum } from "./models/heads/answer-head.js";
export type { HeadKind } from "./models/heads/head-kind.js";
export { MaskedWordHead } from "./models/heads/masked-word-head.js";
export { Pooler, type PoolerStyle } from "./models/heads/pooler.js";
export { PretrainingHead, type PretrainingLogits } from "./models/heads/pretraining-head.js";
export { SequenceHead } from "./models/heads/sequence-head.js";
export type { TokenFeatures } from "./models/heads/token-features.js";
export { TokenHead } from "./models/heads/token-head.js";
export {
  type BertSize,
  bertPreset,
  type ConfigJson,
  type ModelConfig,
  parseModelConfig,
} from "./models/model-config.js";
export { type Encoded, type HeadModule, Network } from "./models/network.js";
export { firstHiddenStates, firstRowIds, hiddenStatesAt } from "./models/output-tokens.js";
export { type PackableSequence, type PackedBatch, packSequences } from "./models/packing.js";
export type {
  CrossEntropyOptions,
  KlDivOptions,
  Reduction,
  VarlenAttentionOptions,
} from "./nn/functional.js";
export * as nn from "./nn/index.js";
export { AdamW, type AdamWOptions } from "./optim/adamw.js";
export { createOptimizer } from "./optim/create-optimizer.js";
export { FlatParameters, type FlatParametersOptions } from "./optim/flat-parameters.js";
export { gradientNorm } from "./optim/gradient-norm.js";
export { Lamb, type LambOptions } from "./optim/lamb.js";
export { type LayerRates, learningRateScale } from "./optim/learning-rate-scale.js";
export type { Moments, Optimizer } from "./optim/optimizer.js";
export type { ParameterGroup, ParameterSlot } from "./optim/parameter-group.js";
export { learningRateAt, type Schedule, type ScheduleName } from "./optim/schedule.js";
export { Sgd, type SgdOptions } from "./optim/sgd.js";
export type { OptimizerShard, Slice } from "./optim/shard.js";
export { noGrad } from "./tensor/autograd.js";
export {
  arange,
  cat,
  einsum,
  empty,
  full,
  type NestedNumbers,
  oneHot,
  ones,
  onesLike,
  rand,
  randn,
  stack,
  type TensorOptions,
  tensor,
  where,
  zeros,
  zerosLike,
} from "./tensor/create.js";
export { useDeterministicAlgorithms } from "./tensor/device.js";
export type { DType, TensorData } from "./tensor/dtype.js";
export { liveTensors, numThreads, setNumThreads } from "./tensor/process.js";
export { manualSeed, startDropoutStream } from "./tensor/random.js";
export { keep, scope } from "./tensor/scope.js";
export { type Found, type GradientHook, type Operand, Tensor } from "./tensor/tensor.js";
export type { AlignedEncoding, Encoding } from "./tokenizer/encoding.js";
export type { Frame } from "./tokenizer/frame.js";
export type { TextInput } from "./tokenizer/text-input.js";
export type { SpecialTokens, TextLayout } from "./tokenizer/text-layout.js";
export { type EncodeOptions, TextTokenizer } from "./tokenizer/text-tokenizer.js";
export type { TokenizerKind, TokenizerPart } from "./tokenizer/tokenizer-json.js";
export {
  type Capturable,
  type Counts,
  type Totals,
  type Training,
  train,
  type UpdateReport,
} from "./train/train.js";
export type { WeightSnapshot } from "./train/weight-snapshot.js";
