import { join } from "node:path";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { shown } from "../../options/parse-fields.js";
import { fieldsOf } from "./module-entry.js";

export const SETTINGS = "config_sentence_transformers.json";

/** How alike two vectors are: the functions of sentence-transformers, by its names. */
export const SIMILARITIES = ["cosine", "dot", "euclidean", "manhattan"] as const;
export type SimilarityName = (typeof SIMILARITIES)[number];

/** What may stand before a text. */
export interface Prompts {
  texts: ReadonlyMap<string, string>;
  /** The name of what stands there where a call names none. */
  defaultName: string | undefined;
}

/** What is said of a model that makes vectors of texts. */
export interface VectorSettings {
  prompts: Prompts;
  /** How many numbers are left of a vector. Default: all */
  truncateDim: number | undefined;
  /** As the file has it, whether there is such a function or not. */
  similarity: string;
}

/** What is said of a cross-encoder, which gives pairs of texts a score. */
export interface ScoreSettings {
  prompts: Prompts;
  /** What its outputs go through: the name of a class of Python. */
  activation: string | undefined;
}

/** What `config_sentence_transformers.json` says. It is of one kind of model: what it says of texts is nothing to the other kind. */
export interface SentenceSettings {
  isCrossEncoder: boolean;
  /** The class of sentence-transformers that it is of. */
  kind: string;
  vectors: VectorSettings;
  scores: ScoreSettings;
}

/** The class of models that make one vector of a text: what files are about that name none. */
export const VECTORS = "SentenceTransformer";

const schema = z.looseObject({
  model_type: z.string().nullish(),
  prompts: z.record(z.string(), z.string().nullable()).nullish(),
  default_prompt_name: z.string().nullish(),
  truncate_dim: z.int().positive().nullish(),
  similarity_fn_name: z.string().nullish(),
  activation_fn: z.string().nullish(),
});
type Fields = z.output<typeof schema>;

/** The prompts that every model of vectors has, whatever its file names beside them. */
const OWN_PROMPTS = { query: "", document: "" };

/**
 * @param isRead whether the file counts: without a `modules.json` sentence-transformers does not look at it
 * @throws LibbertError ERR_CHECKPOINT for a file that is damaged
 */
export function readSettings(directory: string, isRead: boolean): SentenceSettings {
  const fields = (isRead && fieldsOf(schema, directory, SETTINGS)) || {};
  const kind = fields.model_type ?? VECTORS;
  const isCrossEncoder = kind === "CrossEncoder";
  const [ofVectors, ofScores]: Fields[] = isCrossEncoder ? [{}, fields] : [fields, {}];
  return {
    isCrossEncoder,
    kind,
    vectors: {
      prompts: promptsOf(directory, ofVectors!, OWN_PROMPTS),
      truncateDim: ofVectors!.truncate_dim ?? undefined,
      similarity: ofVectors!.similarity_fn_name ?? "cosine",
    },
    scores: {
      prompts: promptsOf(directory, ofScores!, {}),
      activation: ofScores!.activation_fn ?? undefined,
    },
  };
}

function promptsOf(
  directory: string,
  { prompts, default_prompt_name }: Fields,
  own: Record<string, string>,
): Prompts {
  const stored = Object.entries({ ...own, ...prompts });
  const texts = new Map(stored.map(([name, text]) => [name, text ?? ""]));
  const defaultName = default_prompt_name ?? undefined;
  if (defaultName === undefined || texts.has(defaultName)) return { texts, defaultName };
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${join(directory, SETTINGS)}: Expected a name of its prompts for default_prompt_name but received ${shown(defaultName)}`,
  );
}
