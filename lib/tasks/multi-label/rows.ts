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
import { describe } from "../../errors.js";

/** One text, or pair of texts, with any number of labels, each once. */
export type MultiLabelExample = TextExample<string[]>;

/** The names of the columns to read. */
export interface MultiLabelColumns extends TextColumns {
  /** Default: `labels` or `label`. */
  label?: string;
}

/** An array of labels, or a text that has them between `|`, without the spaces around them; an empty text has none. */
export const labelSet: LabelColumn<string[]> = {
  names: ["labels", "label"],
  parse: (value, { location }, column) => labelList(value, column, location),
  isMissing: (value) => value == null,
};

/**
 * The examples of a multi-label data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readLabelled` throws, labels that are neither an array
 *   nor a text, a label that is empty or no string, number or boolean
 */
export function readMultiLabelExamples(
  source: RowInput,
  options: TextReading & { columns?: MultiLabelColumns } = {},
): AsyncGenerator<MultiLabelExample[]> {
  return readLabelled(source, options, labelSet);
}

function labelList(value: unknown, column: string, location: string): string[] {
  const labels = typeof value === "string" ? splitCell(value) : value;
  if (!Array.isArray(labels)) {
    const what = `an array of labels, or a text with labels between |, in column ${JSON.stringify(column)}`;
    throw dataError(location, what, describe(value));
  }
  requireNames(labels, column, location);
  const names = labels.map((label) => {
    const name = labelText(label, location);
    if (name === null)
      throw dataError(location, `labels in column ${JSON.stringify(column)}`, "an empty one");
    return name;
  });
  return [...new Set(names)];
}

const BINARY: readonly unknown[] = [0, 1, "0", "1", false, true];

/** A vector of zeros and ones, or of probabilities, as other libraries have it, would be read as the labels "0" and "1", or "0.5". */
function requireNames(labels: readonly unknown[], column: string, location: string): void {
  const isBinary = labels.every((label) => BINARY.includes(label));
  const isRepeated = new Set(labels).size < labels.length;
  const hasFractions = labels.some((label) => typeof label === "number" && label % 1 !== 0);
  if (!hasFractions && !(isBinary && isRepeated)) return;
  const what = `labels by their names, such as ["comedy", "drama"], in column ${JSON.stringify(column)}`;
  throw dataError(location, what, "a vector that says of each label whether it applies");
}

function splitCell(cell: string): string[] {
  return cell.trim() === "" ? [] : cell.split("|").map((label) => label.trim());
}
