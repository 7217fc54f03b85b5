/**
 * libbert/torch: tensors, modules and optimizers for models and training loops of one's own. Unlike `libbert`, all of
 * it computes on the calling thread.
 */
export { loadNetwork, type NetworkLayout, type NetworkLoading } from "./checkpoint/load-network.js";
export { readConfig, writeModel } from "./checkpoint/model-directory.js";
export { networkTensors } from "./checkpoint/tensors-to-store.js";
export { CheckpointWeights } from "./checkpoint/weights.js";
export { epochBatches } from "./data/order.js";
export { DataParallel, type DataParallelOptions } from "./distributed/data-parallel.js";
export { ProcessGroup } from "./distributed/group.js";
export { type Membership, membershipOf } from "./distributed/membership.js";
export { partitionByLength, type World } from "./distributed/partition.js";
export { type ErrorCode, LibbertError } from "./errors.js";
export { BertModel } from "./models/bert/bert-model.js";
export type { Encoder, EncoderOutputs } from "./models/encoder.js";
export type { EncoderConfig } from "./models/encoder-config.js";
export { type EncoderInput, toEncoderInput } from "./models/encoder-input.js";
export type { Family, HeadLayout } from "./models/families/family.js";
export * as families from "./models/families/index.js";
export { AnswerHead, type SpanPositions, spanLossSum } from "./models/heads/answer-head.js";
export type { HeadKind } from "./models/heads/head-kind.js";
export { MaskedWordHead } from "./models/heads/masked-word-head.js";
export { Pooler, type PoolerStyle } from "./models/heads/pooler.js";
export { PretrainingHead } from "./models/heads/pretraining-head.js";
export { SequenceHead } from "./models/heads/sequence-head.js";
export type { TokenFeatures } from "./models/heads/token-features.js";
export { TokenHead } from "./models/heads/token-head.js";
export { type BertSize, bertPreset, type ModelConfig, parseModelConfig } from "./models/model-config.js";
export { Network } from "./models/network.js";
export { type PackedBatch, packSequences } from "./models/packing.js";
export * as nn from "./nn/index.js";
export { AdamW, type AdamWOptions } from "./optim/adamw.js";
export { createOptimizer } from "./optim/create-optimizer.js";
export { FlatParameters, type FlatParametersOptions } from "./optim/flat-parameters.js";
export { gradientNorm } from "./optim/gradient-norm.js";
export { Lamb, type LambOptions } from "./optim/lamb.js";
export { type LayerRates, learningRateScale } from "./optim/learning-rate-scale.js";
export type { Optimizer } from "./optim/optimizer.js";
export { learningRateAt, type Schedule, type ScheduleName } from "./optim/schedule.js";
export { Sgd, type SgdOptions } from "./optim/sgd.js";
export { noGrad } from "./tensor/autograd.js";
export {
  arange,
  cat,
  einsum,
  empty,
  full,
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
export { TextTokenizer } from "./tokenizer/text-tokenizer.js";
export { type Training, train, type UpdateReport } from "./train/train.js";
