import { describe } from "../../errors.js";
import { dataError } from "../data-error.js";
import type { Row } from "./row.js";

/** What float32, in which models compute, can hold. */
const LARGEST = "3.4e38";

/** A decimal number as people and programs write it; what else `Number` reads ("", "0x10", "Infinity") is no score. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The number that a row's column holds.
 *
 * @throws LibbertError ERR_DATA, naming the location, for what is no finite number, or too large for float32
 */
export function finiteScore({ location }: Row, column: string, value: unknown): number {
  const score = numberIn(value);
  if (Number.isFinite(Math.fround(score))) return score;
  const what = Number.isFinite(score) ? `a number up to ${LARGEST} in size` : "a finite number";
  const received = value === "" ? "an empty one" : describe(value);
  throw dataError(location, `${what} in column ${JSON.stringify(column)}`, received);
}

/** NaN where it is none. */
function numberIn(value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  return typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : Number.NaN;
}
