import { z } from "zod";
import { columnNamesOption, columnsOption, labelColumnOption } from "../options/column-options.js";
import { optionMeta } from "../options/option.js";
import { comparedTextOptions } from "./options.js";

/** Which of the texts that are most alike to an anchor become its negatives. */
export const choiceOptions = {
  numNegatives: z.int().positive().default(3).describe("negatives of each anchor"),
  samplingStrategy: z
    .enum(["top", "random"])
    .default("top")
    .describe("the most alike of the candidates, or any of them"),
  seed: z.int().default(1).describe("with random: source of the choice"),
  rangeMin: z.int().min(0).default(0).describe("leave out the N most alike candidates"),
  rangeMax: z
    .int()
    .positive()
    .optional()
    .describe("the candidates are the N most alike, those that are left out among them")
    .register(optionMeta, {
      defaultText:
        "rangeMin, numNegatives (10 times where maxScore or a margin is given) and the most positives of an anchor, added up",
    }),
  maxScore: z
    .number()
    .optional()
    .describe("leave out candidates that are more alike to the anchor than this"),
  minScore: z.number().optional().describe("leave out those that are less alike"),
  absoluteMargin: z
    .number()
    .optional()
    .describe("leave out those that are not at least so much less alike than each positive of the anchor"),
  relativeMargin: z.number().optional().describe("the same as a share of that positive's score"),
};

/** What `mineNegatives()` and `libbert mine` share. */
export const miningFields = { ...choiceOptions, ...comparedTextOptions };

/** Names of the columns of pairs. */
export const pairColumnOptions = {
  columnNames: columnNamesOption,
  columns: columnsOption({
    text: labelColumnOption("the anchor", "anchor, query, question, sentence1 or text"),
    textPair: labelColumnOption("the positive", "positive, document, answer, sentence2 or textPair"),
  }),
};

export type ChoiceSettings = z.output<z.ZodObject<typeof choiceOptions>>;

/** A row that `task: "embedding"` learns from. No interface: to the compiler only a type's fields are a row's. */
export type MinedTriplet = {
  /** The text that is asked, or searched for. */
  anchor: string;
  /** A text that belongs to it. */
  positive: string;
  /** A text that is alike to it, and does not belong to it. */
  negative: string;
};

/** What `mineNegatives()` found. */
export interface MinedNegatives {
  /** Those of an anchor one after the other. */
  rows: MinedTriplet[];
  /** How many rows there are fewer than `numNegatives` for each pair, as too few candidates were left. */
  missing: number;
  /** Texts that were longer than the model reads. */
  truncated: number;
}
