import type { DeviceMemory } from "../tensor/device.js";
import type { DType } from "../tensor/dtype.js";

/** What every run tells as it begins. */
export interface RunStart {
  /** Told before the first update; of several seeds, before that of each. */
  type: "start";
  /** Updates made already, where the run goes on with an earlier one; else 0. */
  firstStep: number;
  /** Updates that the run has in all. */
  totalSteps: number;
  /** `cpu` or `cuda:N`. */
  device: string;
  /** What is computed with: float32 or bfloat16; the weights that the optimizer updates are float32 in any case. */
  dtype: DType;
  /** Why this device and dtype. */
  reason: string;
}

/** The course of the training: of one update, or, in pre-training, means over the updates since the event before. */
export interface RunStep {
  /** Told after every update of fine-tuning, and after every `logEvery` of pre-training. */
  type: "step";
  /** Updates done. */
  step: number;
  /** Updates that the run has in all. */
  totalSteps: number;
  /** Mean over the rows, or predicted tokens, of an update; of several losses, their sum. */
  loss: number;
  /** Before clipping. */
  gradientNorm: number;
  /** Of the last update, before `layerDecay` makes it smaller for lower layers. */
  learningRate: number;
  /** Evaluations excepted; of fine-tuning since training began, of pre-training since the event before. */
  tokensPerSecond: number;
  /** What the updates still to be made take if they are as fast as those made; evaluations come on top. */
  remainingSeconds: number;
  /** Bytes of this process in the machine's memory, the model and the application's own data among them. */
  residentMemory: number;
  /** Of the GPU; absent on the CPU. */
  memory?: DeviceMemory;
}

/** Weights were measured on rows, or documents, that training does not see. */
export interface RunEvaluation<Metrics> {
  /** Told after each epoch of fine-tuning, every `evaluateEvery` updates, and at the end. */
  type: "evaluation";
  /** Updates done. */
  step: number;
  /** The figures of the weights as they are now. */
  metrics: Metrics;
}

/** All that a run needs to go on is on disk. */
export interface RunSnapshot {
  /** Told once a snapshot is whole: from here on the run can be resumed behind this update. */
  type: "snapshot";
  /** Updates done. */
  step: number;
}

/** The model is on disk. */
export interface RunSaved {
  /** Told when all of the model's files are in their places. */
  type: "saved";
  /** `outputDir`, as `loadModel()` takes it. */
  directory: string;
}
