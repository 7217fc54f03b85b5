import { describe } from "../../errors.js";
import { isObject } from "../../is-object.js";
import { dataError } from "../data-error.js";

/** One row of data, with the location that an error about it names: `train.tsv, line 12`, or `row 12` of an iterable. */
export interface Row {
  fields: Record<string, unknown>;
  location: string;
}

/** What a row itself has in a field: not what all objects have, such as `constructor`. */
export function fieldOf({ fields }: Pick<Row, "fields">, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** A value as the named fields of a row. @throws LibbertError ERR_DATA when it is no plain object */
export function asFields(value: unknown, location: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw dataError(location, 'an object such as {"text": "...", "label": "..."}', describe(value));
}
