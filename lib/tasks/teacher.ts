import type { TextRole } from "../features/prompt.js";
import type { TextInput } from "../tokenizer/text-input.js";

/** A model whose answers a run learns: they are computed once, before the first update. */
export type Teacher = VectorTeacher | ScoreTeacher | OutputTeacher;

/** An encoder alone. */
export interface VectorTeacher {
  readonly kind: "vectors";
  /** The vectors of texts, as `embed()`, or as `encodeQuery()` and `encodeDocument()`. */
  vectors(texts: readonly string[], role?: TextRole, signal?: AbortSignal): Promise<Float32Array[]>;
}

/** A cross-encoder. */
export interface ScoreTeacher {
  readonly kind: "scores";
  /** What it gives pairs of a query and a document, before any activation. */
  scores(pairs: readonly (readonly [string, string])[], signal?: AbortSignal): Promise<number[]>;
}

/** A model of whole texts. */
export interface OutputTeacher {
  readonly kind: "outputs";
  readonly labels: readonly string[];
  /** What it gives texts or pairs of texts: logits, or log-probabilities. */
  outputs(inputs: readonly TextInput[], signal?: AbortSignal): Promise<Float32Array[]>;
}
