import { z } from "zod";
import { columnNamesOption } from "../../options/column-options.js";
import { optionMeta } from "../../options/option.js";
import { teacherOption } from "../../options/teacher-options.js";
import { defineTask } from "../spec.js";
import { hasOneOutput, isReranker } from "../texts/problem-type.js";
import { textOrPair } from "../texts/text-or-pair.js";
import { rerankingCard } from "./card.js";
import { rankingColumns } from "./columns.js";
import { rankingCommandLine } from "./command-line.js";
import { rankingInspection } from "./inspection.js";
import type { RankingEvaluation, RankingInput, RankingPrediction } from "./prediction.js";

export type * from "./prediction.js";

interface Types {
  input: RankingInput;
  prediction: RankingPrediction;
  predictOptions: object;
  evaluation: RankingEvaluation;
}

/** How well a document answers a query. @internal */
export const reranking = defineTask<Types>()({
  name: "reranking",
  options: {
    columnNames: columnNamesOption,
    columns: rankingColumns,
    loss: z
      .enum(["binary-cross-entropy", "list-net", "lambda", "mse", "margin-mse"])
      .optional()
      .describe(
        "what scores are trained for: each document's label, the order of a query's documents, labels that are scores, or how far the first document's lies above each other's",
      )
      .register(optionMeta, {
        defaultText: "binary-cross-entropy; with a teacher margin-mse for lists of documents, else mse",
      }),
    teacher: teacherOption,
    posWeight: z
      .number()
      .positive()
      .optional()
      .describe("with binary-cross-entropy: how many times the losses of relevant documents count")
      .register(optionMeta, { defaultText: "1" }),
  },
  maxSeqLength: 256,
  inputs: {
    accepts: isRankingInput,
    what: "an object { query, document } of strings, or a pair of strings,",
  },
  predictOptions: {},
  explainedBy: [],
  metrics: {
    ndcgAt10: "higher",
    mrrAt10: "higher",
    map: "higher",
    averagePrecision: "higher",
    f1: "higher",
    accuracy: "higher",
    spearman: "higher",
    pearson: "higher",
  },
  loads: isReranker,
  alsoLoads: hasOneOutput,
  card: rerankingCard,
  inspection: rankingInspection,
  commandLine: rankingCommandLine,
});

function isRankingInput(input: unknown): boolean {
  if (Array.isArray(input)) return textOrPair.accepts(input);
  if (typeof input !== "object" || input === null) return false;
  const { query, document } = input as Record<string, unknown>;
  return typeof query === "string" && typeof document === "string";
}
