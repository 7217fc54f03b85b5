/**
 * A table of keys in order with their values: blocks of entries, an index block, and a footer that says where that is. Format:
 * tensorflow/core/lib/io/table_format.txt, which is LevelDB's.
 */

import { crc32c, masked } from "../crc32c.js";
import { damaged } from "../read-bytes.js";
import { Cursor } from "./varint.js";

const FOOTER_BYTES = 48;
const MAGIC = Buffer.from("57fb808b247547db", "hex");
/** A byte for how a block is compressed, and a checksum. */
const TRAILER_BYTES = 5;
/** A model has some hundred variables. */
const MAX_ENTRIES = 100_000;
/** Each key says how much of the one before it begins it: without a limit, all of them together may be very long. */
const MAX_KEY_BYTES = 1000;

/** A block's place in the table. */
interface Handle {
  start: number;
  bytes: number;
}

/** @param path what errors call the table @throws LibbertError ERR_CHECKPOINT */
export function readTable(table: Uint8Array, path: string): Map<string, Uint8Array> {
  const error = (why: string) => damaged(path, why);
  if (table.length < FOOTER_BYTES) throw error(`it has ${table.length} bytes, less than a footer`);
  const footer = new Cursor(table.subarray(-FOOTER_BYTES), error);
  if (!MAGIC.equals(footer.bytes.subarray(-MAGIC.length)))
    throw error("it does not end as a checkpoint's index does: it was cut short");
  handleAt(footer); // of blocks about blocks, of which TensorFlow has none
  const entries = new Map<string, Uint8Array>();
  let last: Uint8Array = new Uint8Array(0);
  let end = 0;
  for (const [, value] of entriesIn(blockAt(table, handleAt(footer), error), error)) {
    const handle = handleAt(new Cursor(value, error));
    if (handle.start < end) throw error("its blocks are not in order");
    end = handle.start + handle.bytes;
    for (const [key, content] of entriesIn(blockAt(table, handle, error), error)) {
      if (entries.size > 0 && Buffer.compare(key, last) <= 0) throw error("its keys are not in order");
      if (entries.size >= MAX_ENTRIES) throw error(`it has more than ${MAX_ENTRIES} entries`);
      entries.set(key.toString("latin1"), content);
      last = key;
    }
  }
  return entries;
}

function handleAt(cursor: Cursor): Handle {
  return { start: cursor.varint(), bytes: cursor.varint() };
}

/** The content of a block that is what was written. */
function blockAt(table: Uint8Array, { start, bytes }: Handle, error: (why: string) => Error): Uint8Array {
  const end = start + bytes;
  if (end + TRAILER_BYTES > table.length) throw error(`a block at byte ${start} reaches beyond its end`);
  const trailer = new Cursor(table.subarray(end, end + TRAILER_BYTES), error);
  const [compression] = trailer.take(1);
  if (trailer.fixed32() !== masked(crc32c(table.subarray(start, end + 1))))
    throw error(`its block at byte ${start} is not what was written (its checksum differs)`);
  if (compression !== 0)
    throw error(`its block at byte ${start} is compressed, which TensorFlow does not do`);
  return table.subarray(start, end);
}

/** Keys and values of a block: each key is given by what it shares with the one before and the rest. */
function* entriesIn(
  block: Uint8Array,
  error: (why: string) => Error,
): Generator<[key: Buffer, value: Uint8Array]> {
  const restarts = block.length < 4 ? 0 : new Cursor(block.subarray(-4), error).fixed32();
  const end = block.length - 4 * (restarts + 1);
  if (end < 0) throw error("a block in it ends before its entries");
  const cursor = new Cursor(block.subarray(0, end), error);
  let key = Buffer.alloc(0);
  while (!cursor.isAtEnd) {
    const [shared, own, bytes] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > key.length || shared + own > MAX_KEY_BYTES)
      throw error("a key in it has no beginning, or no end");
    key = Buffer.concat([key.subarray(0, shared), cursor.take(own)]);
    yield [key, cursor.take(bytes)];
  }
}
