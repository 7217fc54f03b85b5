import { describe, expected } from "../errors.js";
import { dataError, quoted } from "./data-error.js";

/**
 * A row's label as text: numbers and booleans, as JSON has them, become their text; `null`, `undefined` and the
 * empty string are no label.
 *
 * @throws LibbertError ERR_DATA when it is an object or another value that is no label
 */
export function labelText(value: unknown, location: string): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw dataError(location, "a string, number or boolean for the label", describe(value));
}

/**
 * The labels a classifier is trained for, whose order gives each its class number: `given`, or those of the
 * training rows, sorted (as numbers when all are integers, else by code unit).
 *
 * @throws LibbertError ERR_DATA when the training rows hold fewer than two different labels; ERR_OPTION when
 *   `given` names a label twice
 */
export function trainingLabels(seen: Iterable<string>, given?: readonly string[]): string[] {
  const distinct = [...new Set(seen)];
  if (distinct.length < 2) {
    const received = distinct.length === 0 ? "none" : `only ${quoted(distinct)}`;
    throw dataError("training rows", "at least two different labels", received);
  }
  if (!given) return distinct.sort(distinct.every(isInteger) ? byNumber : undefined);
  if (new Set(given).size < given.length) throw expected("distinct labels", "labels", quoted(given));
  return [...given];
}

/** Labels of rows, and for errors where each row stands. */
interface LabelledRows<Label> {
  labels: readonly Label[];
  locations: readonly string[];
}

/**
 * The class number of every row's label.
 *
 * @throws LibbertError ERR_DATA, naming the location, when a label is not among `labels`
 */
export function labelIds(rows: LabelledRows<string>, labels: readonly string[]): number[] {
  const idOf = labelIdOf(labels);
  return rows.labels.map((label, row) => idOf(label, rows.locations[row]!));
}

/**
 * Which labels every row has: 1 or 0 for each, in class order.
 *
 * @throws LibbertError ERR_DATA, naming the location, when a label is not among `labels`
 */
export function labelSets(rows: LabelledRows<readonly string[]>, labels: readonly string[]): Uint8Array[] {
  const idOf = labelIdOf(labels);
  return rows.labels.map((names, row) => {
    const set = new Uint8Array(labels.length);
    for (const name of names) set[idOf(name, rows.locations[row]!)] = 1;
    return set;
  });
}

/**
 * A function that gives a label's class number.
 *
 * @returns it throws ERR_DATA, naming the location, when the label is not among `labels`
 */
export function labelIdOf(labels: readonly string[]): (label: string, location: string) => number {
  const idOfLabel = new Map(labels.map((label, id) => [label, id]));
  return (label, location) => {
    const id = idOfLabel.get(label);
    if (id !== undefined) return id;
    throw dataError(location, `one of the labels ${quoted(labels)}`, describe(label));
  };
}

function isInteger(label: string): boolean {
  return /^-?\d+$/.test(label);
}

/** "07" and "7" are equal as numbers, so that code units have to tell which comes first. */
function byNumber(a: string, b: string): number {
  return Number(a) - Number(b) || (a < b ? -1 : 1);
}
