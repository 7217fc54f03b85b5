/** What a checkpoint's index says of its tensors. Format: tensorflow/core/protobuf/tensor_bundle.proto. */
import { damaged } from "../read-bytes.js";
import { Cursor } from "./varint.js";

/** Fields of a message by their numbers; of a number that is there several times, all in turn. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

export interface BundleHeader {
  shards: number;
  isBigEndian: boolean;
}

export interface BundleEntry {
  /** A number of TensorFlow's `DataType`. */
  type: number;
  shape: readonly number[];
  shard: number;
  /** Within the shard's file. */
  start: number;
  bytes: number;
  /** Masked. */
  crc32c: number;
  /** Whether it is one of the variables that are stored in pieces. */
  isSliced: boolean;
}

/** @param path what errors call the file @throws LibbertError ERR_CHECKPOINT */
export function parseHeader(message: Uint8Array, path: string): BundleHeader {
  const fields = fieldsOf(message, (why) => damaged(path, `in its header, ${why}`));
  return { shards: numberOf(fields, 1), isBigEndian: numberOf(fields, 2) !== 0 };
}

/** @param path what errors call the file @throws LibbertError ERR_CHECKPOINT */
export function parseEntry(name: string, message: Uint8Array, path: string): BundleEntry {
  const error = (why: string) => damaged(path, `in its entry ${JSON.stringify(name)}, ${why}`);
  const fields = fieldsOf(message, error);
  return {
    type: numberOf(fields, 1),
    shape: shapeOf(fields, error),
    shard: numberOf(fields, 3),
    start: numberOf(fields, 4),
    bytes: numberOf(fields, 5),
    crc32c: numberOf(fields, 6),
    isSliced: fields.has(7),
  };
}

/** The sizes of a `TensorShapeProto`. */
function shapeOf(entry: Fields, error: (why: string) => Error): number[] {
  const [shape] = entry.get(2) ?? [];
  if (!(shape instanceof Uint8Array)) return [];
  const sizes = fieldsOf(shape, error).get(2) ?? [];
  return sizes.map((size) => (size instanceof Uint8Array ? numberOf(fieldsOf(size, error), 1) : 0));
}

/** The last value counts, and 0 where there is none. */
function numberOf(fields: Fields, field: number): number {
  const value = fields.get(field)?.at(-1);
  return typeof value === "number" ? value : 0;
}

function fieldsOf(message: Uint8Array, error: (why: string) => Error): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const cursor = new Cursor(message, error);
  while (!cursor.isAtEnd) {
    const tag = cursor.varint();
    const field = Math.floor(tag / 8);
    const values = fields.get(field) ?? [];
    values.push(valueAt(cursor, tag % 8));
    fields.set(field, values);
  }
  return fields;
}

/** @param wireType how the value is written: https://protobuf.dev/programming-guides/encoding */
function valueAt(cursor: Cursor, wireType: number): number | Uint8Array {
  if (wireType === 0) return cursor.varint();
  if (wireType === 1) return cursor.take(8);
  if (wireType === 2) return cursor.take(cursor.varint());
  if (wireType === 5) return cursor.fixed32();
  throw cursor.error(`a field is of wire type ${wireType}`);
}
