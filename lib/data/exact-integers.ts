import { dataError } from "./data-error.js";

/**
 * Refuses an integer of which the last digits may be lost, as JavaScript reads JSON: what it names would be another one.
 *
 * @throws LibbertError ERR_DATA, naming the location
 */
export function requireExact(value: unknown, location: string, what: string): void {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return;
  throw dataError(location, `a text, or an integer up to 2^53, for ${what}`, `a larger one, about ${value}`);
}
