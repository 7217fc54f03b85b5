/** libbert: train and run BERT. The tensor layer is `libbert/torch`. */
export type { ChoiceInput } from "./data/choice-rows.js";
export type { RowSource } from "./data/readers/rows.js";
export type { WordsInput } from "./data/tagging/words.js";
export { type ErrorCode, LibbertError } from "./errors.js";
export { type AblationEvent, type AblationOptions, ablate } from "./session/ablate.js";
export { type FillMaskOptions, fillMask } from "./session/fill-mask.js";
export { type FindLearningRateOptions, findLearningRate } from "./session/find-learning-rate.js";
export { type FineTuneOptions, fineTune } from "./session/fine-tune.js";
export { type EvaluateOptions, type LoadOptions, loadModel, type Model } from "./session/model.js";
export { type PretrainOptions, pretrain } from "./session/pretrain.js";
export { type SearchEvent, type SearchOptions, type SearchResult, search } from "./session/search.js";
export type {
  ClassificationEvaluation,
  ClassificationReport,
  Prediction,
  TextInput,
} from "./tasks/classification/prediction.js";
export type { Features, TokenSpan } from "./tasks/features/options.js";
export type { LearningRateRange, RangePoint } from "./tasks/fine-tuning/find-learning-rate-options.js";
export type {
  Evaluation,
  FineTuneResult,
  History,
  ProgressEvent,
  SeedSummary,
} from "./tasks/fine-tuning/progress.js";
export type { ModelKind, TaskName } from "./tasks/fine-tuning/task-names.js";
export type { TaskTypes } from "./tasks/fine-tuning/task-types.js";
export type { TrialResult, TrialSettings } from "./tasks/fine-tuning/trials.js";
export { glueOptions } from "./tasks/glue/options.js";
export type { MaskedWordsEvaluation, MaskPrediction } from "./tasks/masked-words/prediction.js";
export type {
  MultiLabelEvaluation,
  MultiLabelPrediction,
  MultiLabelReport,
} from "./tasks/multi-label/prediction.js";
export type { ChoiceEvaluation, ChoicePrediction } from "./tasks/multiple-choice/prediction.js";
export {
  type CorpusReport,
  type PrepareEvent,
  type PrepareOptions,
  prepareCorpus,
} from "./tasks/prepare-corpus.js";
export type { VariantSummary } from "./tasks/pretraining/ablation-table.js";
export type { PretrainEvent, PretrainMetrics, PretrainResult } from "./tasks/pretraining/progress.js";
export type {
  Answer,
  AnswerPrediction,
  QuestionEvaluation,
  QuestionInput,
  QuestionPredictOptions,
} from "./tasks/question-answering/prediction.js";

export type {
  RegressionEvaluation,
  RegressionPrediction,
  RegressionReport,
} from "./tasks/regression/prediction.js";
export type { Mistake } from "./tasks/sequence/mistakes.js";
export type {
  EntityMention,
  EntityPrediction,
  EntityReport,
  TokenClassificationEvaluation,
} from "./tasks/token-classification/prediction.js";
export {
  trainVocabulary,
  type VocabularyEvent,
  type VocabularyOptions,
  type VocabularyResult,
} from "./tasks/train-vocabulary.js";
