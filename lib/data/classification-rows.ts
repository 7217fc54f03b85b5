import { dataError } from "./data-error.js";
import { labelText } from "./labels.js";
import type { Row } from "./readers/row.js";
import type { RowReading, RowSource } from "./readers/rows.js";
import { labelColumn, readTextExamples, type TextColumns, type TextExample } from "./text-rows.js";

/** One text, or pair of texts, to classify. */
export type ClassificationExample = TextExample<string | null>;

/** The names of the columns to read. */
export interface ClassificationColumns extends TextColumns {
  /** Default: `label`. */
  label?: string;
}

export interface ClassificationRowOptions extends RowReading {
  columns?: ClassificationColumns;
  /** Whether a row without a label is an error; otherwise its label is `null`. Default: true. */
  requireLabels?: boolean;
}

/**
 * The examples of a classification data set, one by one.
 *
 * @throws LibbertError ERR_DATA, naming the place: whatever `readTextExamples` throws, a missing label
 */
export function readClassificationExamples(
  source: RowSource,
  options: ClassificationRowOptions = {},
): AsyncGenerator<ClassificationExample> {
  const { requireLabels = true, ...reading } = options;
  const name = options.columns?.label ?? "label";
  const requiredColumn = labelColumn([name]);
  return readTextExamples(source, reading, (row) => {
    const label = labelText(row.fields[name], row.place);
    if (label === null && requireLabels) throw emptyLabel(row, requiredColumn(row).column);
    return label;
  });
}

function emptyLabel(row: Row, column: string): Error {
  return dataError(row.place, `a label in column ${JSON.stringify(column)}`, "an empty one");
}
