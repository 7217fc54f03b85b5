import { describe } from "../errors.js";
import { cleanLabel } from "../options/label-options.js";
import { dataError, quoted } from "./data-error.js";
import { doubtfulLabels } from "./doubtful-labels.js";
import { requireExact } from "./exact-integers.js";

/**
 * A row's label as text, without white space around it and in Unicode's composed form; numbers and booleans, as JSON has
 * them, become their text. `null`, `undefined` and a text without a character that shows are no label.
 *
 * @throws LibbertError ERR_DATA when it is NaN, infinite, too large an integer, an object or another value that is no label
 */
export function labelText(value: unknown, location: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return cleanLabel(value) || null;
  requireExact(value, location, "the label");
  const isNumber = Number.isFinite(value) || typeof value === "bigint";
  if (isNumber || typeof value === "boolean") return String(value);
  throw dataError(location, "a string, finite number or boolean for the label", describe(value));
}

export interface LabelChoice {
  /** The labels that the options name, in class order. */
  given?: readonly string[];
  /** How many different ones the training rows must have. Default: 2 */
  fewest?: number;
  /** Is told of labels that their writer hardly meant. */
  notify?: (message: string) => void;
}

/**
 * The labels a classifier is trained for, whose order gives each its class number: `given`, or those of the
 * training rows, sorted (as numbers when all are integers, else by code unit).
 *
 * @throws LibbertError ERR_DATA when the training rows hold too few different labels
 */
export function trainingLabels(
  seen: Iterable<string>,
  { given, fewest = 2, notify = () => {} }: LabelChoice = {},
): string[] {
  const distinct = [...new Set(seen)];
  if (distinct.length < fewest) {
    const received = distinct.length === 0 ? "none" : `only ${quoted(distinct)}`;
    const wanted = fewest === 1 ? "at least one label" : "at least two different labels";
    throw dataError("training rows", wanted, received);
  }
  if (given) return [...given];
  for (const message of doubtfulLabels(distinct)) notify(message);
  return distinct.sort(distinct.every(isInteger) ? byNumber : undefined);
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
 * @param what errors call the labels
 * @returns it throws ERR_DATA, naming the location, when the label is not among `labels`
 */
export function labelIdOf(
  labels: readonly string[],
  what = "labels",
): (label: string, location: string | (() => string)) => number {
  const inRows = labels.map((label, id): [string, number] => [cleanLabel(label), id]); // as `labelText` has them
  const idOfLabel = new Map([...inRows, ...labels.map((label, id): [string, number] => [label, id])]);
  return (label, location) => {
    const id = idOfLabel.get(label);
    if (id !== undefined) return id;
    const place = typeof location === "string" ? location : location();
    throw dataError(place, `one of the ${what} ${quoted(labels)}`, describe(label));
  };
}

function isInteger(label: string): boolean {
  return /^-?\d+$/.test(label);
}

/** "07" and "7" are equal as numbers, so that code units have to tell which comes first. */
function byNumber(a: string, b: string): number {
  return Number(a) - Number(b) || (a < b ? -1 : 1);
}
