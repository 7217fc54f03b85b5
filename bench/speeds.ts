/** What all trainings that are timed have in common. */
export interface TrainingSettings {
  /** Timed updates; as many are made before them, in which memory and kernels are made ready. */
  steps: number;
  batchSize: number;
  maxSeqLength: number;
  device: string;
  dtype: "float32" | "bfloat16";
}

/** A training that is ready to be timed, with libbert and with transformers on the same batches. */
export interface PreparedTraining {
  /** Real tokens a second, padding not counted. */
  libbert(): Promise<number>;
  transformers(loop: TransformersLoop): number;
  /** Floating-point operations that a token needs; see trainingFlops. */
  flopsPerToken: number;
  /** The share of transformers' tokens that is padding. */
  padding: number;
}

export interface TransformersLoop {
  /** A Python with torch, transformers and safetensors. */
  python: string;
  /** Whether the model goes through torch.compile. */
  compile: boolean;
}
