import { z } from "zod";
import { SENTENCE_POOLINGS } from "../../checkpoint/sentence/model.js";
import { encoderCard } from "../../features/card.js";
import { columnNamesOption, columnsOption } from "../../options/column-options.js";
import { optionMeta } from "../../options/option.js";
import { teacherOption } from "../../options/teacher-options.js";
import { defineTask } from "../spec.js";
import { longTextOptions } from "../texts/long-texts.js";
import { vectorCommandLine } from "./command-line.js";
import { vectorInspection } from "./inspection.js";
import { miningOptions } from "./mining/options.js";
import type { VectorEvaluation, VectorPrediction } from "./prediction.js";

export type * from "./prediction.js";

interface Types {
  input: string;
  prediction: VectorPrediction;
  predictOptions: object;
  evaluation: VectorEvaluation;
}

const columnOf = (what: string, names: string) =>
  z.string().optional().describe(`column of ${what}`).register(optionMeta, { defaultText: names });

/** Vectors of texts, in which what belongs together lies close together. @internal */
export const embedding = defineTask<Types>()({
  name: "embedding",
  options: {
    columnNames: columnNamesOption,
    columns: columnsOption({
      text: columnOf("the text that is compared, the anchor", "anchor, query, question, sentence1 or text"),
      textPair: columnOf(
        "what it is compared with, the positive",
        "positive, document, answer, sentence2 or textPair",
      ),
      negative: columnOf(
        "a text that is not like it",
        "all named negative, negative_1, …, and negatives, an array",
      ),
      label: columnOf("how alike the two texts are", "score or label, without negatives"),
    }),
    loss: z
      .enum([
        "multiple-negatives-ranking",
        "multiple-negatives-symmetric-ranking",
        "cosent",
        "cosine-similarity",
        "triplet",
        "mse",
        "margin-mse",
      ])
      .optional()
      .describe("what the vectors are trained for; mse and margin-mse are of a teacher's vectors and scores")
      .register(optionMeta, {
        defaultText: "cosent for rows with scores, else multiple-negatives-ranking; with a teacher mse",
      }),
    ...miningOptions,
    teacher: teacherOption,
    ...longTextOptions(128, "vectors"),
    pooling: z
      .enum(SENTENCE_POOLINGS)
      .optional()
      .describe(
        "how a vector is made of a text's tokens, for a model whose files do not say it; it is then made of length 1",
      )
      .register(optionMeta, { defaultText: "mean" }),
    scale: z
      .number()
      .positive()
      .optional()
      .describe("factor of cosines in the losses that compare rows")
      .register(optionMeta, { defaultText: "20" }),
    margin: z
      .number()
      .positive()
      .optional()
      .describe("with triplet: how much closer than a negative a positive is to be")
      .register(optionMeta, { defaultText: "5" }),
    dims: z
      .array(z.int().positive())
      .min(1)
      .optional()
      .describe(
        "add up the losses of the first so many numbers of each vector; name the whole length, too (Matryoshka)",
      )
      .register(optionMeta, { defaultText: "the whole vector alone" }),
  },
  maxSeqLength: 128,
  inputs: { accepts: (input) => typeof input === "string", what: "a string" },
  predictOptions: {},
  explainedBy: ["comparedWith", "role"],
  metrics: {
    spearman: "higher",
    pearson: "higher",
    ndcgAt10: "higher",
    mrrAt10: "higher",
    accuracyAt1: "higher",
    tripletAccuracy: "higher",
  },
  loads: () => false,
  teachers: ["features", "reranking"],
  isOfEncoders: true,
  card: encoderCard(true),
  inspection: vectorInspection,
  commandLine: vectorCommandLine,
});
