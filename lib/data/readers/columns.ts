import { describe, type LibbertError } from "../../errors.js";
import { dataError, quoted } from "../data-error.js";
import type { Row } from "./row.js";

/** The text in a row's column. @throws LibbertError ERR_DATA when there is no such column, or no string in it */
export function textIn(row: Row, column: string): string {
  const text = row.fields[column];
  if (typeof text === "string") return text;
  if (!(column in row.fields)) throw missingColumn(row, JSON.stringify(column));
  throw dataError(row.location, `a string in column ${JSON.stringify(column)}`, describe(text));
}

/** The error for a row without the columns wanted. */
export function missingColumn(row: Row, wanted: string): LibbertError {
  return dataError(
    row.location,
    `a column named ${wanted}`,
    `the columns ${quoted(Object.keys(row.fields))}`,
  );
}

/** The error for a row without a label. */
export function missingLabel(row: Row, column: string): LibbertError {
  if (!(column in row.fields)) return missingColumn(row, JSON.stringify(column));
  return dataError(row.location, `a label in column ${JSON.stringify(column)}`, "an empty one");
}
