/** libbert: train and run BERT. The tensor layer is `libbert/torch`. */
export type { RowSource } from "./data/readers/rows.js";
export { type ErrorCode, LibbertError } from "./errors.js";
export { type AblationEvent, type AblationOptions, ablate } from "./session/ablate.js";
export { type FillMaskOptions, fillMask } from "./session/fill-mask.js";
export { type FineTuneOptions, fineTune } from "./session/fine-tune.js";
export { type EvaluateOptions, type LoadOptions, loadModel, type Model } from "./session/model.js";
export { type PretrainOptions, pretrain } from "./session/pretrain.js";
export type { ClassificationEvaluation, Prediction, TextInput } from "./tasks/classification/prediction.js";
export type { MaskPrediction } from "./tasks/fill-mask-options.js";
export type {
  Evaluation,
  FineTuneResult,
  History,
  ProgressEvent,
  SeedSummary,
} from "./tasks/fine-tuning/progress.js";
export type { TaskName } from "./tasks/fine-tuning/task-names.js";
export type { TaskTypes } from "./tasks/fine-tuning/task-types.js";
export {
  type CorpusReport,
  type PrepareEvent,
  type PrepareOptions,
  prepareCorpus,
} from "./tasks/prepare-corpus.js";
export type { VariantSummary } from "./tasks/pretraining/ablation-table.js";
export type { PretrainEvent, PretrainMetrics, PretrainResult } from "./tasks/pretraining/progress.js";
export {
  trainVocabulary,
  type VocabularyEvent,
  type VocabularyOptions,
  type VocabularyResult,
} from "./tasks/train-vocabulary.js";
