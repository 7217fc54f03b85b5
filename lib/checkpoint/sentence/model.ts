import type { LibbertError } from "../../errors.js";
import type { ScoreSettings, VectorSettings } from "./settings.js";

/** How sentence-transformers makes one vector of a text's tokens; of several ways the vectors lie side by side. */
export const SENTENCE_POOLINGS = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
] as const;
export type SentencePooling = (typeof SENTENCE_POOLINGS)[number];

/** What comes behind the pooling. */
export type SentenceLayer =
  | { kind: "normalize" }
  | {
      kind: "dense";
      weight: Matrix;
      bias: Float32Array | null;
      activation: DenseActivation;
      residual: Residual;
    }
  | { kind: "layer-norm"; weight: Float32Array; bias: Float32Array };

/** Row-major, [rows, columns]. */
export interface Matrix {
  values: Float32Array;
  rows: number;
  columns: number;
}

/** What is added to the outcome of a dense layer: nothing, its input, or its input through a layer without bias. */
type Residual = null | "input" | Matrix;

/** The activations of dense layers, by their names in Python. */
export const DENSE_ACTIVATIONS = {
  "torch.nn.modules.activation.Tanh": "tanh",
  "torch.nn.modules.linear.Identity": "identity",
  "torch.nn.modules.activation.ReLU": "relu",
  "torch.nn.modules.activation.Sigmoid": "sigmoid",
} as const;
export type DenseActivation = (typeof DENSE_ACTIVATIONS)[keyof typeof DENSE_ACTIVATIONS];

/** What the files of sentence-transformers in a model's directory say of sentence vectors. */
export interface SentenceModel {
  poolings: readonly SentencePooling[];
  /** Whether the tokens of the prompt are pooled with the others. */
  includePrompt: boolean;
  layers: readonly SentenceLayer[];
}

/** The same, with what it says of the texts. */
export interface SentenceFiles {
  /** Null without a `modules.json`; an error where that asks for what libbert does not have, for whoever asks for sentence vectors. */
  model: SentenceModel | LibbertError | null;
  vectors: VectorSettings;
  /** Of a cross-encoder an error where its files ask for what libbert does not have, for whoever asks for scores. */
  scores: ScoreSettings | LibbertError;
  isCrossEncoder: boolean;
  /** The most tokens of a text. */
  maxSeqLength: number | undefined;
  /** Whether texts are lowered before the tokenizer sees them. */
  lowercase: boolean;
  /** The files themselves, by their paths in the directory: a model that is saved keeps them. */
  files: ReadonlyMap<string, Uint8Array>;
}
