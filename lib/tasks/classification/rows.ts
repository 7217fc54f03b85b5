import { dataError } from "../../data/data-error.js";
import { labelText } from "../../data/labels.js";
import type { RowInput } from "../../data/readers/rows.js";
import {
  type LabelColumn,
  readLabelled,
  type TextColumns,
  type TextExample,
  type TextReading,
} from "../../data/text-rows.js";

/** One text, or pair of texts, to classify. */
export type ClassificationExample = TextExample<string>;

/** The names of the columns to read. */
export interface ClassificationColumns extends TextColumns {
  /** Default: `label`. */
  label?: string;
}

export const classLabel: LabelColumn<string> = {
  names: ["label"],
  parse(value, { location }, column) {
    const label = labelText(value, location);
    if (label !== null) return label;
    throw dataError(location, `a label in column ${JSON.stringify(column)}`, "an empty one");
  },
  isMissing: (value) => value == null || (typeof value === "string" && value.trim() === ""),
};

/**
 * The examples of a classification data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readLabelled` throws, a missing label
 */
export function readClassificationExamples(
  source: RowInput,
  options: TextReading & { columns?: ClassificationColumns } = {},
): AsyncGenerator<ClassificationExample[]> {
  return readLabelled(source, options, classLabel);
}
