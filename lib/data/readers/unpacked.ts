import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { dataError } from "../data-error.js";

/** How gzip's bytes begin. */
const GZIP = [0x1f, 0x8b];

/**
 * Bytes as they come or, where they begin as gzip's do, what is packed in them.
 *
 * @param name of the source, for errors
 * @throws LibbertError ERR_DATA when the packed bytes are cut off or damaged; what the source throws
 */
export async function* unpacked(name: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < GZIP.length && start.every((byte, index) => byte === GZIP[index])) {
    const { value, done } = await chunks.next();
    if (done) break;
    start = Buffer.concat([start, value]);
  }
  const all = startingWith(start, chunks);
  if (GZIP.every((byte, index) => start[index] === byte)) yield* gunzipped(name, all);
  else yield* all;
}

async function* startingWith(start: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzipped(name: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    // An error on either side reaches this loop, and leaving it early closes the source.
    yield* pipeline(Readable.from(source), createGunzip(), () => {});
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("Z_")) throw error;
    throw dataError(name, "a whole gzip file", message, { cause: error });
  }
}
