/** How fast one training is with libbert, and with transformers on the same batches. */
export interface Speeds {
  /** Real tokens a second, padding not counted. */
  libbert: number;
  /** null where there is no Python to ask. */
  transformers: number | null;
  /** Floating-point operations that a token needs; see trainingFlops. */
  flopsPerToken: number;
  /** The share of transformers' tokens that is padding. */
  padding: number;
}

/** What all trainings that are timed have in common. */
export interface TimedTraining {
  /** Timed updates; as many are made before them, in which memory and kernels are made ready. */
  steps: number;
  batchSize: number;
  device: string;
  dtype: "float32" | "bfloat16";
  /** A Python with torch, transformers and safetensors. */
  python?: string;
  /** Whether transformers' model goes through torch.compile. */
  compile?: boolean;
}
