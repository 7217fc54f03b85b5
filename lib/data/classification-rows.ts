import { dataError } from "./data-error.js";
import { labelText } from "./labels.js";
import type { RowReading, RowSource } from "./readers/rows.js";
import { labelColumn, readTextExamples, type TextColumns, type TextExample } from "./text-rows.js";

/** One text, or pair of texts, to classify. */
export type ClassificationExample = TextExample<string>;

/** The names of the columns to read. */
export interface ClassificationColumns extends TextColumns {
  /** Default: `label`. */
  label?: string;
}

/**
 * The examples of a classification data set, one by one.
 *
 * @throws LibbertError ERR_DATA, naming the place: whatever `readTextExamples` throws, a missing label
 */
export function readClassificationExamples(
  source: RowSource,
  options: RowReading & { columns?: ClassificationColumns } = {},
): AsyncGenerator<ClassificationExample> {
  const labelOf = labelColumn([options.columns?.label ?? "label"]);
  return readTextExamples(source, options, (row) => {
    const { value, column } = labelOf(row);
    const label = labelText(value, row.place);
    if (label !== null) return label;
    throw dataError(row.place, `a label in column ${JSON.stringify(column)}`, "an empty one");
  });
}
