import { finiteScore } from "../../data/readers/finite-score.js";
import type { RowInput, RowReading } from "../../data/readers/rows.js";
import { labelColumn, readTextExamples, type TextColumns, type TextExample } from "../../data/text-rows.js";

/** One text, or pair of texts, with the number to be learnt. */
export type RegressionExample = TextExample<number>;

/** The names of the columns to read. */
export interface RegressionColumns extends TextColumns {
  /** Default: `score` or `label`. */
  label?: string;
}

/**
 * The examples of a regression data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: what `readTextExamples` and `finiteScore` throw
 */
export function readRegressionExamples(
  source: RowInput,
  options: RowReading & { columns?: RegressionColumns } = {},
): AsyncGenerator<RegressionExample[]> {
  const scoreOf = labelColumn(["score", "label"], options);
  return readTextExamples(source, options, (row) => {
    const { value, column } = scoreOf(row);
    return finiteScore(row, column, value);
  });
}
