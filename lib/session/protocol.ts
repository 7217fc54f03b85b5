/** What crosses between the application's thread and the compute thread. Only plain data and ports do. */
import type { MessagePort } from "node:worker_threads";
import type { ErrorCode } from "../errors.js";
import type { FeatureSettings, Features } from "../tasks/features/options.js";
import type { FillMaskSettings } from "../tasks/fill-mask-options.js";
import type {
  FindLearningRateSettings,
  LearningRateRange,
} from "../tasks/fine-tuning/find-learning-rate-options.js";
import type { FineTuneSettings, LoadSettings } from "../tasks/fine-tuning/options.js";
import type { Evaluation, FineTuneResult, ProgressEvent } from "../tasks/fine-tuning/progress.js";
import type { ReadOptions } from "../tasks/fine-tuning/task-model.js";
import type { ModelKind } from "../tasks/fine-tuning/task-names.js";
import type { MaskPrediction } from "../tasks/masked-words/prediction.js";
import type { PretrainSettings } from "../tasks/pretraining/options.js";
import type { PretrainEvent, PretrainResult } from "../tasks/pretraining/progress.js";
import type { RanksReport } from "../tasks/ranks-check.js";
import type { TokenizerInput } from "../tokenizer/bert-tokenizer.js";

/** A file that the compute thread reads itself, or a port that it pulls rows from. */
export type WireSource = string | MessagePort;

/** Each request with its arguments and what it answers. */
export interface Requests {
  fineTune: {
    arguments: Omit<FineTuneSettings, "train" | "validation"> & {
      train: WireSource;
      validation?: WireSource;
    };
    answer: { labels: readonly string[]; result: FineTuneResult<never> };
  };
  findLearningRate: {
    arguments: Omit<FindLearningRateSettings, "train"> & { train: WireSource };
    answer: LearningRateRange;
  };
  pretrain: { arguments: PretrainSettings; answer: PretrainResult };
  checkRanks: { arguments: { rankTimeout: number }; answer: RanksReport | null };
  fillMask: { arguments: FillMaskSettings; answer: MaskPrediction[][][] };
  load: {
    arguments: { directory: string; settings: LoadSettings };
    answer: { task: ModelKind; labels: readonly string[] };
  };
  predict: { arguments: { inputs: unknown[]; options: object }; answer: unknown[] };
  evaluate: { arguments: { source: WireSource; columns?: ReadOptions["columns"] }; answer: Evaluation };
  features: { arguments: { inputs: TokenizerInput[]; settings: FeatureSettings }; answer: Features[] };
  embed: { arguments: { inputs: TokenizerInput[] }; answer: Float32Array[] };
  save: { arguments: { directory: string; overwrite: boolean }; answer: null };
  dispose: { arguments: null; answer: null };
}

export type RequestKind = keyof Requests;

/** What a request reports on its way. */
export type SessionEvent<Kind extends RequestKind> = Kind extends "pretrain" ? PretrainEvent : ProgressEvent;

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
  | { id: number; type: "answer"; answer: unknown }
  | { id: number; type: "error"; error: WireError };

/** An error as it crosses: structured cloning would lose the code. */
export interface WireError {
  message: string;
  code?: ErrorCode;
  stack?: string;
}
