/**
 * libbert/torch: tensors, modules and optimizers for models and training loops of one's own. Unlike `libbert`, all of
 * it computes on the calling thread.
 */
export { loadWeights } from "./checkpoint/load-weights.js";
export { readConfig, writeModel } from "./checkpoint/model-directory.js";
export { epochBatches } from "./data/order.js";
export { type PackedBatch, packSequences } from "./data/packing.js";
export { DataParallel, type DataParallelOptions } from "./distributed/data-parallel.js";
export { type Division, dealt } from "./distributed/deal.js";
export { ProcessGroup } from "./distributed/group.js";
export { type Membership, membershipOf } from "./distributed/membership.js";
export { type ErrorCode, LibbertError } from "./errors.js";
export { type BertConfig, type BertSize, bertPreset, parseBertConfig } from "./models/bert-config.js";
export type { BertInput } from "./models/bert-input.js";
export { BertModel, type BertOutputs } from "./models/bert-model.js";
export { BertForMaskedLM } from "./models/masked-lm.js";
export { BertForMultipleChoice } from "./models/multiple-choice.js";
export { BertForSequenceClassification } from "./models/sequence-classification.js";
export { BertForTokenClassification } from "./models/token-classification.js";
export type { TokenFeatures } from "./models/token-features.js";
export * as nn from "./nn/index.js";
export { AdamW, type AdamWOptions } from "./optim/adamw.js";
export { FlatParameters } from "./optim/flat-parameters.js";
export { type LayerRates, learningRateScale } from "./optim/learning-rate-scale.js";
export { learningRateAt, type Schedule } from "./optim/schedule.js";
export { toBertInput } from "./tasks/packed-input.js";
export { noGrad } from "./tensor/autograd.js";
export {
  arange,
  cat,
  empty,
  full,
  ones,
  rand,
  randn,
  stack,
  type TensorOptions,
  tensor,
  where,
  zeros,
} from "./tensor/create.js";
export type { DType, TensorData } from "./tensor/dtype.js";
export { liveTensors, numThreads, setNumThreads } from "./tensor/process.js";
export { manualSeed, startDropoutStream } from "./tensor/random.js";
export { keep, scope } from "./tensor/scope.js";
export { Tensor } from "./tensor/tensor.js";
export { BertTokenizer } from "./tokenizer/bert-tokenizer.js";
export { type Training, train } from "./train/train.js";
