import { dataError } from "../../data/data-error.js";
import { labelText } from "../../data/labels.js";
import type { RowInput, RowReading } from "../../data/readers/rows.js";
import { labelColumn, readTextExamples, type TextColumns, type TextExample } from "../../data/text-rows.js";
import { describe } from "../../errors.js";

/** One text, or pair of texts, with any number of labels, each once. */
export type MultiLabelExample = TextExample<string[]>;

/** The names of the columns to read. */
export interface MultiLabelColumns extends TextColumns {
  /** Default: `labels` or `label`. */
  label?: string;
}

/**
 * The examples of a multi-label data set, in arrays as they come. A row's labels are an array, or a text that has them between
 * `|`, without the spaces around them; an empty text has none.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readTextExamples` throws, labels that are neither an array
 *   nor a text, a label that is empty or no string, number or boolean
 */
export function readMultiLabelExamples(
  source: RowInput,
  options: RowReading & { columns?: MultiLabelColumns } = {},
): AsyncGenerator<MultiLabelExample[]> {
  const labelsOf = labelColumn(["labels", "label"], options);
  return readTextExamples(source, options, (row) => {
    const { value, column } = labelsOf(row);
    return labelList(value, column, row.location);
  });
}

function labelList(value: unknown, column: string, location: string): string[] {
  const labels = typeof value === "string" ? splitCell(value) : value;
  if (!Array.isArray(labels)) {
    const what = `an array of labels, or a text with labels between |, in column ${JSON.stringify(column)}`;
    throw dataError(location, what, describe(value));
  }
  const names = labels.map((label) => {
    const name = labelText(label, location);
    if (name === null)
      throw dataError(location, `labels in column ${JSON.stringify(column)}`, "an empty one");
    return name;
  });
  return [...new Set(names)];
}

function splitCell(cell: string): string[] {
  return cell.trim() === "" ? [] : cell.split("|").map((label) => label.trim());
}
