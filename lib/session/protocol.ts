/** What crosses between the application's thread and the compute thread. Only plain data and ports do. */
import type { MessagePort } from "node:worker_threads";
import type { ModelCalibration } from "../calibration/model-calibration.js";
import type { CalibrationChoices } from "../calibration/options.js";
import type { CardTerms } from "../card/card.js";
import type { ConvertedModel } from "../checkpoint/convert-model.js";
import type { NewLabels } from "../checkpoint/labels.js";
import type { NewSentenceModel } from "../checkpoint/sentence/new-files.js";
import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import type { RanksReport } from "../distributed/check-ranks.js";
import type { ErrorCode } from "../errors.js";
import type { Explanation } from "../explanation/explanation.js";
import type { ExplainSettings } from "../explanation/options.js";
import type { EmbeddedText, EmbedSettings, FeatureSettings, Features, Vector } from "../features/options.js";
import type { FineTuneEvent, FineTuneResult } from "../fine-tuning/events.js";
import type { MeasuredTrial, TrialMeasuring } from "../fine-tuning/measure-trial.js";
import type { FineTuneSettings } from "../fine-tuning/options.js";
import type { InspectionSettings } from "../inspection/options.js";
import type { Inspection, InspectionEvent } from "../inspection/report.js";
import type { ExportDType, OnnxExport } from "../onnx/options.js";
import type { ComputeSettings } from "../options/compute-options.js";
import type { NoticeEvent } from "../options/notice-event.js";
import type { Files } from "../options/row-options.js";
import type { PretrainEvent, PretrainResult } from "../pre-training/events.js";
import type { PretrainSettings } from "../pre-training/options.js";
import type { ScoreSettings } from "../ranking/options.js";
import type { FoundVectors } from "../retrieval/found-vectors.js";
import type {
  FindLearningRateSettings,
  LearningRateRange,
  RangeEvent,
} from "../search/find-learning-rate-options.js";
import type { ComputedOn } from "../snapshots/order-of-sums.js";
import type { Evaluation } from "../tasks/evaluation.js";
import type { TaskName } from "../tasks/find-spec.js";
import type { ReadOptions } from "../tasks/head.js";
import type { RegressionPrediction } from "../tasks/regression/prediction.js";
import type { DType } from "../tensor/dtype.js";
import type { TextInput } from "../tokenizer/text-input.js";
import type { LoadContext, LoadSettings } from "./load-options.js";

/** What a loaded model can be for: a task, or, with no layer on top, features alone. */
export type ModelKind = TaskName | "features";

/** Files that the compute thread reads itself, or a port that it pulls rows from. */
export type WireSource = Files | MessagePort;

/** Options in which row sources are on their way. */
type OnWire<Settings> = Omit<Settings, "train" | "validation"> & {
  train: WireSource;
  validation?: WireSource;
};

/** What a run says of computing. */
export type AskedCompute = Pick<ComputeSettings, "device" | "dtype" | "threads">;

/** What that comes to on this machine. */
export interface ChosenCompute {
  dtype: DType;
  computedOn: ComputedOn;
}

/** Each request with its arguments and what it answers. */
export interface Requests {
  fineTune: {
    /** A run that saves no model may keep its snapshots somewhere. It was begun at a time of `Date.now()`. */
    arguments: OnWire<FineTuneSettings> & { snapshotsIn: string | undefined; begun: number };
    answer: { labels: readonly string[]; result: FineTuneResult };
  };
  /** Of a trial with each of some batch sizes. */
  measureTrial: {
    arguments: OnWire<FineTuneSettings> & TrialMeasuring & { begun: number };
    answer: MeasuredTrial;
  };
  findLearningRate: { arguments: OnWire<FindLearningRateSettings>; answer: LearningRateRange };
  inspectData: {
    arguments: Omit<InspectionSettings, "data" | "against"> & { data: WireSource; against?: WireSource };
    answer: Inspection;
  };
  pretrain: { arguments: PretrainSettings & { begun: number }; answer: PretrainResult };
  /** Of a model's directory: the tokens that it has positions for. */
  longestSequence: { arguments: { directory: string }; answer: number };
  /** What options of computing come to on this machine. */
  chooseComputes: { arguments: readonly AskedCompute[]; answer: ChosenCompute[] };
  checkRanks: { arguments: { rankTimeout: number }; answer: RanksReport | null };
  load: {
    arguments: { directory: string; settings: LoadSettings & LoadContext };
    answer: {
      kind: ModelKind;
      labels: readonly string[];
      calibration: ModelCalibration | null;
      notices: readonly string[];
    };
  };
  convert: {
    arguments: { model: string; outputDir: string; overwrite: boolean };
    answer: ConvertedModel;
  };
  predict: { arguments: { inputs: unknown[]; options: object; mayCut: boolean }; answer: unknown[] };
  evaluate: {
    arguments: { source: WireSource; labels?: NewLabels } & Pick<ReadOptions, "columns" | "columnNames">;
    answer: Evaluation;
  };
  explain: { arguments: { input: unknown; settings: ExplainSettings }; answer: Explanation };
  calibrate: {
    arguments: Requests["evaluate"]["arguments"] & { choices: CalibrationChoices };
    answer: ModelCalibration;
  };
  features: { arguments: { inputs: TextInput[]; settings: FeatureSettings }; answer: Features[] };
  embed: {
    arguments: { inputs: TextInput[]; settings: EmbedSettings; mayCut?: boolean };
    answer: EmbeddedText[];
  };
  score: {
    arguments: { pairs: (readonly [string, string])[]; settings: ScoreSettings; mayCut: boolean };
    answer: RegressionPrediction[];
  };
  similarity: { arguments: { a: Vector[]; b: Vector[] }; answer: Float32Array[] };
  /** Of vectors that are searched; without a similarity, by that of the session's model. */
  openIndex: {
    arguments: { similarity?: SimilarityName; dim: number; threads?: number };
    answer: { index: number; similarity: SimilarityName };
  };
  addVectors: { arguments: { index: number; values: Float32Array }; answer: null };
  searchIndex: { arguments: { index: number; queries: Float32Array; topK: number }; answer: FoundVectors };
  closeIndex: { arguments: { index: number }; answer: null };
  save: {
    arguments: { outputDir: string; overwrite: boolean; terms: CardTerms; newVectors?: NewSentenceModel };
    answer: null;
  };
  exportOnnx: {
    arguments: { outputDir: string; dtypes: readonly ExportDType[]; overwrite: boolean };
    answer: OnnxExport;
  };
  dispose: { arguments: null; answer: null };
}

export type RequestKind = keyof Requests;

/** What a request reports on its way. */
export type SessionEvent<Kind extends RequestKind> = Kind extends "pretrain"
  ? PretrainEvent
  : Kind extends "findLearningRate"
    ? RangeEvent | FineTuneEvent
    : Kind extends "inspectData"
      ? InspectionEvent
      : Kind extends "convert"
        ? NoticeEvent
        : FineTuneEvent;

export type ToCompute =
  | { id: number; type: "abort" }
  | {
      [Kind in RequestKind]: {
        id: number;
        type: "request";
        kind: Kind;
        arguments: Requests[Kind]["arguments"];
      };
    }[RequestKind];

export type FromCompute =
  | { id: number; type: "event"; event: SessionEvent<RequestKind> }
  /** What is no error but should be known, of whichever request. */
  | { type: "warning"; message: string }
  | { id: number; type: "answer"; answer: unknown }
  | { id: number; type: "error"; error: WireError };

/** An error as it crosses: structured cloning would lose the code. */
export interface WireError {
  message: string;
  code?: ErrorCode;
  /** The option that is at fault. */
  option?: string;
  stack?: string;
}
