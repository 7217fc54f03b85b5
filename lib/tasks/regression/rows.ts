import { dataError } from "../../data/data-error.js";
import type { RowInput, RowReading } from "../../data/readers/rows.js";
import { labelColumn, readTextExamples, type TextColumns, type TextExample } from "../../data/text-rows.js";
import { describe } from "../../errors.js";

/** One text, or pair of texts, with the number to be learnt. */
export type RegressionExample = TextExample<number>;

/** The names of the columns to read. */
export interface RegressionColumns extends TextColumns {
  /** Default: `score` or `label`. */
  label?: string;
}

/** A decimal number as people and programs write it; what else `Number` reads ("", "0x10", "Infinity") is no score. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The examples of a regression data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readTextExamples` throws, a score that is no finite number
 */
export function readRegressionExamples(
  source: RowInput,
  options: RowReading & { columns?: RegressionColumns } = {},
): AsyncGenerator<RegressionExample[]> {
  const name = options.columns?.label;
  const scoreOf = labelColumn(name === undefined ? ["score", "label"] : [name]);
  return readTextExamples(source, options, (row) => {
    const { value, column } = scoreOf(row);
    const score = typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : value;
    if (typeof score === "number" && Number.isFinite(score)) return score;
    const received = value === "" ? "an empty one" : describe(value);
    throw dataError(row.location, `a finite number in column ${JSON.stringify(column)}`, received);
  });
}
