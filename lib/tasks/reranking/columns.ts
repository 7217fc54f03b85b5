import { z } from "zod";
import { columnsOption } from "../../options/column-options.js";
import { optionMeta } from "../../options/option.js";

/** The names of the columns to read. */
export interface RankingColumns {
  text?: string;
  textPair?: string;
  negative?: string;
  label?: string;
}

/** Default columns for a query and what may answer it; the first pair that fits wins. */
export const TEXT_COLUMNS = [
  ["query", "documents"],
  ["query", "docs"],
  ["query", "positive"],
  ["query", "document"],
  ["query", "passage"],
  ["anchor", "positive"],
  ["question", "answer"],
  ["sentence1", "sentence2"],
  ["text", "textPair"],
] as const;
export const LABEL_COLUMNS = ["label", "labels", "score", "scores"] as const;

const columnOf = (what: string, names: string) =>
  z.string().optional().describe(`column of ${what}`).register(optionMeta, { defaultText: names });

const textColumns = {
  text: columnOf("the query", "query, anchor, question, sentence1 or text"),
  textPair: columnOf(
    "a document, or an array of documents",
    "documents, docs, positive, document, passage, answer, sentence2 or textPair",
  ),
  negative: columnOf(
    "further documents, which do not answer the query",
    "all named negative, negative_1, …, and negatives, an array",
  ),
};

/** The option `columns` of rows to predict for. */
export const rankingTextColumns = columnsOption(textColumns);

/** The same of labelled rows. */
export const rankingColumns = columnsOption({
  ...textColumns,
  label: columnOf(
    "how relevant a document is, or of an array with a number for each",
    "label, labels, score or scores; without one, the documents are relevant, and the negatives are not",
  ),
});
