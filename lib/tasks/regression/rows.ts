import { finiteScore } from "../../data/readers/finite-score.js";
import type { RowInput } from "../../data/readers/rows.js";
import {
  type LabelColumn,
  readLabelled,
  type TextColumns,
  type TextExample,
  type TextReading,
} from "../../data/text-rows.js";

/** One text, or pair of texts, with the number to be learnt. */
export type RegressionExample = TextExample<number>;

/** The names of the columns to read. */
export interface RegressionColumns extends TextColumns {
  /** Default: `score` or `label`. */
  label?: string;
}

export const score: LabelColumn<number> = {
  names: ["score", "label"],
  parse: (value, row, column) => finiteScore(row, column, value),
  isMissing: (value) => value == null || value === "",
};

/**
 * The examples of a regression data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: what `readLabelled` and `finiteScore` throw
 */
export function readRegressionExamples(
  source: RowInput,
  options: TextReading & { columns?: RegressionColumns } = {},
): AsyncGenerator<RegressionExample[]> {
  return readLabelled(source, options, score);
}
