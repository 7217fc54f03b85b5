import type { DeviceMemory } from "../tensor/device.js";
import type { DType } from "../tensor/dtype.js";

/** What every run tells as it begins. */
export interface RunStart {
  type: "start";
  /** Updates made already, where the run goes on with an earlier one; else 0. */
  firstStep: number;
  /** Updates that the run has in all. */
  totalSteps: number;
  /** `cpu` or `cuda:N`. */
  device: string;
  dtype: DType;
  /** Why this device and dtype. */
  reason: string;
}

/** The course of the training: of one update, or, in pre-training, means over the updates since the event before. */
export interface RunStep {
  type: "step";
  /** Updates done. */
  step: number;
  totalSteps: number;
  loss: number;
  /** Before clipping. */
  gradientNorm: number;
  learningRate: number;
  tokensPerSecond: number;
  remainingSeconds: number;
  /** Bytes of this process in the machine's memory, the model and the application's own data among them. */
  residentMemory: number;
  /** Of the GPU; absent on the CPU. */
  memory?: DeviceMemory;
}

/** Weights were measured on rows, or documents, that training does not see. */
export interface RunEvaluation<Metrics> {
  type: "evaluation";
  /** Updates done. */
  step: number;
  metrics: Metrics;
}

/** All that a run needs to go on is on disk. */
export interface RunSnapshot {
  type: "snapshot";
  /** Updates done. */
  step: number;
}

/** The model is on disk. */
export interface RunSaved {
  type: "saved";
  directory: string;
}

/** Something to know that is no error, such as texts that were cut. */
export interface RunNotice {
  type: "notice";
  message: string;
}
