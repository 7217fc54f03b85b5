/**
 * Train and run BERT. The tensor layer is `libbert/torch`.
 *
 * @module libbert
 */

export type { BudgetChoice, BudgetEvent } from "./budget/choice.js";
export type { Abstention, AbstentionFigures } from "./calibration/abstention.js";
export type { Interval } from "./calibration/interval.js";
export type { BeforeAfter, ModelCalibration } from "./calibration/model-calibration.js";
export type { PredictionSetFigures, PredictionSets } from "./calibration/prediction-sets.js";
export type { ConvertEvent, ConvertedModel } from "./checkpoint/convert-model.js";
export type { NewLabels } from "./checkpoint/labels.js";
export type { PrepareEvent, VocabularyEvent } from "./data/corpus/events.js";
export type * from "./data/corpus/option-types.js";
export { type CorpusReport, prepareCorpus } from "./data/corpus/prepare-corpus.js";
export type { PrepareProgress } from "./data/corpus/prepare-shards.js";
export { trainVocabulary, type VocabularyResult } from "./data/corpus/train-vocabulary.js";
export { type ErrorCode, LibbertError } from "./errors.js";
export type { Attributed, Explanation } from "./explanation/explanation.js";
export type { Features, SentenceVector, TokenSpan, Vector } from "./features/options.js";
export { pairSimilarity } from "./features/pair-similarity.js";
export type {
  FineTuneEvaluation,
  FineTuneEvent,
  FineTuneResult,
  FineTuneStart,
  FineTuneStep,
  History,
  SeedEvent,
  SeedSummary,
} from "./fine-tuning/events.js";
export { type GlueOptions, glueOptions } from "./fine-tuning/glue/options.js";
export type { GlueRow } from "./fine-tuning/glue/rows.js";
export type { DownloadEvent, HubOptions } from "./hub/options.js";
export type { DatasetOptions } from "./hub/pull-dataset.js";
export type { PulledModel } from "./hub/pull-model.js";
export type { UploadEvent } from "./hub/push/push.js";
export type { PushedModel } from "./hub/push/push-model.js";
export type {
  ColumnSummary,
  Finding,
  FindingExample,
  Inspection,
  InspectionEvent,
  JudgedClasses,
  JudgedLabels,
  LabelCounts,
  LabelErrors,
  LengthSummary,
  NumberSummary,
  RowsSummary,
  SuspectedLabel,
  SuspectedLabelSet,
  SuspectedTag,
  TokenSummary,
  ValueKind,
} from "./inspection/report.js";
export type { Calibration, CalibrationBin } from "./metrics/calibration.js";
export type { ClassScores, ConfusionMatrix } from "./metrics/classification.js";
export { pearson, spearman } from "./metrics/correlation.js";
export { type PairMetrics, pairMetrics } from "./metrics/pair-classification.js";
export { type RerankedDocuments, type RerankingMetrics, rerankingMetrics } from "./metrics/reranking.js";
export { type Cutoffs, type RetrievalFigure, retrievalMetrics } from "./metrics/retrieval.js";
export type { Spread } from "./metrics/spread.js";
export { tripletAccuracy } from "./metrics/triplets.js";
export type { ExportDType, OnnxExport } from "./onnx/options.js";
export type { Logger } from "./options/logger.js";
export type { NoticeEvent } from "./options/notice-event.js";
export type { Files, RowSource } from "./options/row-options.js";
export type {
  PretrainEvaluation,
  PretrainEvent,
  PretrainMetrics,
  PretrainResult,
  PretrainSaved,
  PretrainStart,
  PretrainStep,
} from "./pre-training/events.js";
export type { RankedDocument } from "./ranking/options.js";
export type { Ranker } from "./ranking/ranker.js";
export { readBeir } from "./retrieval/beir-folder.js";
export type { MinedNegatives, MinedTriplet } from "./retrieval/mining-options.js";
export type { FoundVector, RetrievalData, RetrievalEvaluation, Vectors } from "./retrieval/options.js";
export type { VariantSummary } from "./search/ablation-table.js";
export type { AblationEvent, SearchEvent, TrialEvent, VariantEvent } from "./search/events.js";
export type { LearningRateRange, RangeEvent, RangePoint } from "./search/find-learning-rate-options.js";
export type { TrialResult, TrialSettings } from "./search/trials.js";
export { ablate } from "./session/ablate.js";
export { convert } from "./session/convert.js";
export { fillMask } from "./session/fill-mask.js";
export { findLearningRate } from "./session/find-learning-rate.js";
export { fineTune, type ResumeOptions } from "./session/fine-tune.js";
export { inspectData } from "./session/inspect-data.js";
export { inspectionPage } from "./session/inspection-page.js";
export type { ColumnsOf, LabelledRowsOptions } from "./session/labelled-rows.js";
export { type LoadedModel, loadModel } from "./session/load-model.js";
export type { EncoderModel, Model } from "./session/model.js";
export type * from "./session/option-types.js";
export type { StreamOptions } from "./session/predict-stream.js";
export { pretrain } from "./session/pretrain.js";
export type { ModelKind } from "./session/protocol.js";
export { pull } from "./session/pull.js";
export { push } from "./session/push.js";
export { report } from "./session/report.js";
export { search } from "./session/search.js";
export type { SearchResult } from "./session/search-call.js";
export type { TruncationOptions } from "./session/truncation.js";
export { indexVectors, type VectorIndex } from "./session/vector-index.js";
export type { SnapshotsOnDisk } from "./snapshots/run-snapshots.js";
export type { Evaluation } from "./tasks/evaluation.js";
export type { TaskName } from "./tasks/find-spec.js";
export type * from "./tasks/specs.js";
export type { Mistake, MistakeExplanation, MistakeReport } from "./tasks/texts/mistakes.js";
export type { DeviceMemory } from "./tensor/device.js";
export type { TextInput } from "./tokenizer/text-input.js";
export type { RunEvaluation, RunSaved, RunSnapshot, RunStart, RunStep } from "./train/events.js";
