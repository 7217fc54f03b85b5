import { describe, type LibbertError } from "../../errors.js";
import { dataError, quoted } from "../data-error.js";
import { fieldOf, type Row } from "./row.js";

/**
 * The text in a row's column.
 *
 * @param option that names the column, where one does
 * @throws LibbertError ERR_DATA when there is no such column, or no string in it
 */
export function textIn(row: Row, column: string, option?: string): string {
  const text = fieldOf(row, column);
  if (typeof text === "string") return text;
  if (!Object.hasOwn(row.fields, column)) throw missingColumn(row, [column], option);
  throw dataError(row.location, `a string in column ${JSON.stringify(column)}`, describe(text));
}

/** One text, or an array of them. @throws LibbertError ERR_DATA, as `textIn()`, and for an array with something else in it */
export function textsIn(row: Row, column: string, option?: string): string[] {
  const value = fieldOf(row, column);
  if (!Array.isArray(value)) return [textIn(row, column, option)];
  const wrong = value.findIndex((text) => typeof text !== "string");
  if (wrong < 0) return value;
  throw dataError(row.location, `strings in column ${JSON.stringify(column)}`, describe(value[wrong]));
}

/**
 * The error for a row without the columns wanted.
 *
 * @param wanted their names; one may come several times
 * @param option that names the column, where one does
 */
export function missingColumn(
  { fields, location }: Row,
  wanted: readonly string[],
  option?: string,
): LibbertError {
  const names = [...new Set(wanted)].map((name) => JSON.stringify(name)).join(" or ");
  const hint = option === undefined ? "" : `: name the right one with ${option}`;
  return dataError(location, `a column named ${names}`, `the columns ${quoted(Object.keys(fields))}${hint}`);
}

/** The error for a row without a label. */
export function missingLabel(row: Row, column: string): LibbertError {
  if (!Object.hasOwn(row.fields, column)) return missingColumn(row, [column]);
  return dataError(row.location, `a label in column ${JSON.stringify(column)}`, "an empty one");
}

/** A check that tables which are read as one have the same columns, in any order. */
export function sameColumns(): (row: Row, file: string) => void {
  let first: { names: string[]; file: string } | undefined;
  return ({ fields }, file) => {
    const names = Object.keys(fields);
    first ??= { names, file };
    const isSame =
      names.length === first.names.length && first.names.every((name) => Object.hasOwn(fields, name));
    if (!isSame)
      throw dataError(file, `the columns ${quoted(first.names)}, as in ${first.file},`, quoted(names));
  };
}
