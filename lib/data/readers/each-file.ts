import { LibbertError } from "../../errors.js";
import { type Files, pathsOf } from "../../options/row-options.js";
import { someOf } from "../../text-format.js";
import { dataError } from "../data-error.js";
import { STANDARD_INPUT, STANDARD_INPUT_NAME } from "./standard-input.js";

/**
 * What is read of files, one after the other, in arrays as they come, none of them empty.
 *
 * @param limit stop after so many items
 * @param read gives up to so many of one file
 * @throws LibbertError ERR_DATA when there are none in any of them
 */
export async function* fromEach<Item>(
  files: Files,
  limit: number | undefined,
  read: (path: string, limit: number) => AsyncIterable<Item[]>,
): AsyncGenerator<Item[]> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  let isEmpty = true;
  for (const path of pathsOf(files)) {
    for await (const items of read(path, left)) {
      if (items.length === 0) continue;
      isEmpty = false;
      left -= items.length;
      yield items;
      if (left <= 0) return;
    }
  }
  if (isEmpty) throw noRows(nameOf(files));
}

function nameOf(files: Files): string {
  return someOf(pathsOf(files).map((path) => (path === STANDARD_INPUT ? STANDARD_INPUT_NAME : path)));
}

/** The error about a source without rows. */
export function noRows(location: string): LibbertError {
  return dataError(location, "at least one row", "none");
}

/** Whether something that was thrown is that error. */
export function saysNoRows(error: unknown): boolean {
  return error instanceof LibbertError && error.message.endsWith(noRows("").message);
}
