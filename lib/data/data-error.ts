import { abridged, LibbertError } from "../errors.js";
import { reasonOf } from "../files/write-error.js";

/** The one sentence for bad data: `<location>: Expected <what> but received <received>`. */
export function dataError(
  location: string,
  what: string,
  received: string,
  options?: ErrorOptions,
): LibbertError {
  return new LibbertError("ERR_DATA", `${location}: Expected ${what} but received ${received}`, options);
}

/** What is said of a file that the system does not let one read. */
export function unreadable(path: string, cause: unknown): LibbertError {
  return dataError(path, "a readable file", reasonOf(cause), { cause });
}

/** Names in quotes, separated by commas; a long list is cut short, as is a long name. */
export function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => JSON.stringify(abridged(name)));
  return shown.join(", ") + (names.length > shown.length ? ` and ${names.length - shown.length} more` : "");
}
