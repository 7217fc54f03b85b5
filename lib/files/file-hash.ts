import { createHash, type Hash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";

/** Bytes read at a time: fewer, larger reads than Node's 64 KiB. */
const READ_BYTES = 1 << 20;

/** The SHA-256 of a file's bytes, in hexadecimal. @throws what reading the file throws */
export function sha256OfFile(path: string): Promise<string> {
  return digestOf(path, createHash("sha256"));
}

/** The name that git gives a file's content: the SHA-1 of a header with its length, and of its bytes. */
export function gitHashOfFile(path: string): Promise<string> {
  return digestOf(path, createHash("sha1").update(`blob ${statSync(path).size}\0`));
}

async function digestOf(path: string, hash: Hash): Promise<string> {
  await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), hash);
  return hash.digest("hex");
}
