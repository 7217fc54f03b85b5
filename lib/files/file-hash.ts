import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** Bytes read at a time: fewer, larger reads than Node's 64 KiB. */
const READ_BYTES = 1 << 20;

/** The SHA-256 of a file's bytes, in hexadecimal. @throws what reading the file throws */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), hash);
  return hash.digest("hex");
}
