import { z } from "zod";
import { areDistinct } from "../arrays.js";
import { optionMeta } from "./option.js";

/** Names of the columns of a table, or of the fields of a row, that each task has some of. */
export const textColumn = z
  .string()
  .optional()
  .describe("column of the text")
  .register(optionMeta, { defaultText: "text, sentence or sentence1" });

export const textPairColumn = z
  .string()
  .optional()
  .describe("column of a pair's second text")
  .register(optionMeta, { defaultText: "textPair, text_pair or sentence2" });

/** @param what the column holds @param defaultText the names that are looked for */
export function labelColumnOption(what: string, defaultText: string) {
  return z.string().optional().describe(`column of ${what}`).register(optionMeta, { defaultText });
}

/** The option `columnNames` of tasks whose rows may come from tables. */
export const columnNamesOption = z
  .array(z.string().min(1))
  .min(1)
  .refine(areDistinct, "distinct names")
  .optional()
  .describe("names of all columns, in order, of `.tsv` and `.csv` files that have no header line")
  .register(optionMeta, { defaultText: "the first line names them", flag: "columns", sameOnAllRanks: false });

/** The option `columns`, with the fields that a task has. */
export function columnsOption<const Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .strictObject(shape)
    .optional()
    .describe("names of the columns")
    .register(optionMeta, { sameOnAllRanks: false });
}
