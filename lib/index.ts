/** libbert: train and run BERT. The tensor layer is `libbert/torch`. */
export type { ClassificationColumns } from "./data/classification-rows.js";
export type { RowSource } from "./data/readers/rows.js";
export { type ErrorCode, LibbertError } from "./errors.js";
export { type AblationEvent, type AblationOptions, ablate } from "./session/ablate.js";
export { type FillMaskOptions, fillMask } from "./session/fill-mask.js";
export {
  type FineTuneOptions,
  fineTune,
  type LoadOptions,
  loadModel,
  type Model,
  type TextInput,
} from "./session/model.js";
export { type PretrainOptions, pretrain } from "./session/pretrain.js";
export type { MaskPrediction } from "./tasks/fill-mask-options.js";
export {
  type CorpusReport,
  type PrepareEvent,
  type PrepareOptions,
  prepareCorpus,
} from "./tasks/prepare-corpus.js";
export type { VariantSummary } from "./tasks/pretraining/ablation-table.js";
export type { PretrainEvent, PretrainMetrics, PretrainResult } from "./tasks/pretraining/progress.js";
export type {
  EvaluationResult,
  FineTuneResult,
  History,
  Prediction,
  ProgressEvent,
} from "./tasks/progress.js";
export {
  trainVocabulary,
  type VocabularyEvent,
  type VocabularyOptions,
  type VocabularyResult,
} from "./tasks/train-vocabulary.js";
