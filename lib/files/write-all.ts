import { writeSync } from "node:fs";

/**
 * Writes all of some bytes: the system may take fewer at a time.
 *
 * @param position the first byte within the file. Default: behind what was written last
 */
export function writeAll(file: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length; ) {
    const at = position === undefined ? null : position + done;
    done += writeSync(file, bytes, done, bytes.length - done, at);
  }
}
