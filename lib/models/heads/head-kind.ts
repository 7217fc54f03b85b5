/** Kinds of heads. Each is one class of transformers in every family that supports it. */
export type HeadKind =
  | "sequence-classification"
  | "token-classification"
  | "question-answering"
  | "multiple-choice"
  | "masked-lm"
  | "pretraining"
  | "causal-lm";
