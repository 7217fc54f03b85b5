import { z } from "zod";
import { SIMILARITIES } from "../checkpoint/sentence/settings.js";
import { embedOptions, type Vector } from "../features/options.js";
import { CUTOFFS, type RetrievalFigure } from "../metrics/retrieval.js";
import { threadsOption } from "../options/compute-options.js";
import { optionMeta } from "../options/option.js";

/** Some vectors of one length: one by one, or one behind the other, with `dim` numbers each. */
export type Vectors =
  | readonly Vector[]
  | {
      /** Their numbers, [vectors · dim]. */
      values: Float32Array;
      /** How many numbers a vector has. */
      dim: number;
    };

/** A vector that was found. */
export interface FoundVector {
  /** Which of the vectors it is, from 0. */
  index: number;
  /** How alike it is to the query: more is more alike. */
  score: number;
}

const similarityOption = z
  .enum(SIMILARITIES)
  .describe("how alike two vectors are: their cosine, their product, or their distance with a minus");

/** How vectors are compared. */
export const indexOptions = z.strictObject({
  similarity: similarityOption.default("cosine"),
  threads: threadsOption,
});

/** How they are searched. */
export const searchVectorsOptions = z.strictObject({
  topK: z
    .int()
    .positive()
    .default(10)
    .describe("how many vectors are found for each query")
    .register(optionMeta, { unit: "vectors" }),
});

const promptOption = (of: string) =>
  z
    .string()
    .optional()
    .describe(`what stands before each ${of}`)
    .register(optionMeta, { defaultText: `the model's prompt \`${of}\`` });
const promptNameOption = (of: string) =>
  z
    .string()
    .optional()
    .describe(`the name of one of the model's prompts for each ${of}`)
    .register(optionMeta, { defaultText: of });

/** How texts become vectors that are compared. */
export const comparedTextOptions = {
  similarity: similarityOption
    .optional()
    .register(optionMeta, { defaultText: "what the model's files say; without them, cosine" }),
  queryPrompt: promptOption("query"),
  queryPromptName: promptNameOption("query"),
  documentPrompt: promptOption("document"),
  documentPromptName: promptNameOption("document"),
  truncateDim: embedOptions.shape.truncateDim,
};

const cutoffs = (figure: keyof typeof CUTOFFS, what: string) =>
  z
    .array(z.int().positive())
    .default([...CUTOFFS[figure]])
    .describe(`${what}: a figure for each number of documents`);

/** How `evaluateRetrieval()` measures a model, but for its ranker. */
export const retrievalFields = {
  ...comparedTextOptions,
  rerankTopK: z
    .int()
    .positive()
    .default(100)
    .describe("with a ranker: so many documents of each query are put in its order, the others behind them")
    .register(optionMeta, { unit: "documents" }),
  skipSameName: z
    .boolean()
    .default(false)
    .describe("leave out of what is found the document that has the query's own name, as BEIR does"),
  accuracyAt: cutoffs("accuracy", "how often a relevant document is among the first N"),
  precisionAt: cutoffs("precision", "the share of the first N that are relevant"),
  recallAt: cutoffs("recall", "the share of the relevant documents that are among the first N"),
  mrrAt: cutoffs("mrr", "1 / place of the first relevant document, where that is among the first N"),
  ndcgAt: cutoffs("ndcg", "discounted gain of the first N, as a share of the best order's"),
  mapAt: cutoffs("map", "average precision of the first N"),
};

/** Texts by their names, and which documents belong to which query. */
export interface RetrievalData {
  /** The text of each query, by its name. */
  queries: Readonly<Record<string, string>>;
  /** The text of each document, by its name. */
  corpus: Readonly<Record<string, string>>;
  /**
   * The documents that answer each query, by their names, or how well each does: a number above 0, which it gains in the NDCG. Queries
   * without any are left out.
   */
  relevant: Readonly<
    Record<string, readonly string[] | ReadonlySet<string> | Readonly<Record<string, number>>>
  >;
}

/** How well a model finds the documents that answer queries. */
export type RetrievalEvaluation = {
  /** The queries that count: those with relevant documents. */
  queries: number;
  /** How many documents were searched. */
  documents: number;
  /** Texts that were longer than the model reads. */
  truncated: number;
  /** With a ranker: the figures of the order by vectors alone. */
  byVectors?: Record<RetrievalFigure, number>;
} & Record<RetrievalFigure, number>;
