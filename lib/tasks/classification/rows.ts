import { dataError } from "../../data/data-error.js";
import { labelText } from "../../data/labels.js";
import type { RowInput, RowReading } from "../../data/readers/rows.js";
import { labelColumn, readTextExamples, type TextColumns, type TextExample } from "../../data/text-rows.js";

/** One text, or pair of texts, to classify. */
export type ClassificationExample = TextExample<string>;

/** The names of the columns to read. */
export interface ClassificationColumns extends TextColumns {
  /** Default: `label`. */
  label?: string;
}

/**
 * The examples of a classification data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readTextExamples` throws, a missing label
 */
export function readClassificationExamples(
  source: RowInput,
  options: RowReading & { columns?: ClassificationColumns } = {},
): AsyncGenerator<ClassificationExample[]> {
  const labelOf = labelColumn(["label"], options);
  return readTextExamples(source, options, (row) => {
    const { value, column } = labelOf(row);
    const label = labelText(value, row.location);
    if (label !== null) return label;
    throw dataError(row.location, `a label in column ${JSON.stringify(column)}`, "an empty one");
  });
}
