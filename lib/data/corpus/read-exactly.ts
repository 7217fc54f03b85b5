import { readSync } from "node:fs";
import { dataError } from "../data-error.js";

/** Fills `length` bytes of `target` from `position` of the file. @throws LibbertError ERR_DATA when it ends before */
export function readExactly(
  file: number,
  path: string,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
): void {
  for (let done = 0; done < length; ) {
    const count = readSync(file, target, offset + done, length - done, position + done);
    if (count === 0)
      throw dataError(path, `at least ${position + length} bytes`, "a file that was cut short");
    done += count;
  }
}
