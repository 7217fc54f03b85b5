import { readSync } from "node:fs";
import { LibbertError } from "../errors.js";

/** Bytes of an open file. @throws LibbertError ERR_CHECKPOINT where it ends before `end` */
export function readRange(file: number, path: string, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  fillFrom(file, path, start, bytes);
  return bytes;
}

/** Fills `bytes` with those from `start` on. @throws LibbertError ERR_CHECKPOINT where the file ends before */
export function fillFrom(file: number, path: string, start: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, bytes.length - done, start + done);
    if (count === 0) throw damaged(path, `it ends at byte ${start + done}`);
    done += count;
  }
}

/** The error for a file that is not what its format says. */
export function damaged(path: string, why: string): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", `${path} is damaged: ${why}`);
}
