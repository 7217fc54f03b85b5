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

/** What float32, in which models compute, can hold. */
const LARGEST = "3.4e38";

/** A decimal number as people and programs write it; what else `Number` reads ("", "0x10", "Infinity") is no score. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The examples of a regression data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readTextExamples` throws, a score that is no finite
 *   number, or too large for float32
 */
export function readRegressionExamples(
  source: RowInput,
  options: RowReading & { columns?: RegressionColumns } = {},
): AsyncGenerator<RegressionExample[]> {
  const name = options.columns?.label;
  const scoreOf = labelColumn(name === undefined ? ["score", "label"] : [name]);
  return readTextExamples(source, options, (row) => {
    const { value, column } = scoreOf(row);
    const score = scoreIn(value);
    if (Number.isFinite(Math.fround(score))) return score;
    const what = Number.isFinite(score) ? `a number up to ${LARGEST} in size` : "a finite number";
    const received = value === "" ? "an empty one" : describe(value);
    throw dataError(row.location, `${what} in column ${JSON.stringify(column)}`, received);
  });
}

/** A value as a number; NaN where it is none. */
function scoreIn(value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  return typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : Number.NaN;
}
