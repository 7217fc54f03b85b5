/** Indices of TensorFlow's checkpoints, byte by byte: also those that TensorFlow would never write. */
import { crc32c, masked } from "../../lib/files/crc32c.js";
import { bytesOf, u32 } from "./pickles.js";

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return bytesOf(...bytes, rest);
    bytes.push((rest % 128) + 128);
  }
}

/** A field of a message that is a number. */
export function numberField(field: number, value: number): Buffer {
  return bytesOf(varint(8 * field), varint(value));
}

/** A field of a message that is bytes, or a message of its own. */
export function bytesField(field: number, content: Uint8Array): Buffer {
  return bytesOf(varint(8 * field + 2), varint(content.length), content);
}

/** What a block's entries are: how much of the key before it begins a key, the rest of the key, the value. */
export type RawEntry = readonly [shared: number, own: string, value: Uint8Array];

/** A block, with how it is compressed and its checksum behind it. */
export function block(entries: readonly RawEntry[], compression = 0): Buffer {
  const parts = entries.map(([shared, own, value]) =>
    bytesOf(varint(shared), varint(own.length), varint(value.length), own, value),
  );
  return sealed(bytesOf(...parts, u32(0), u32(1)), compression);
}

export function sealed(content: Uint8Array, compression = 0): Buffer {
  const typed = bytesOf(content, compression);
  return bytesOf(typed, u32(masked(crc32c(typed))));
}

export function handle(start: number, bytes: number): Buffer {
  return bytesOf(varint(start), varint(bytes));
}

/** A table of blocks, its index block and footer. @param handles where its index says that they are. Default: where they are */
export function table(blocks: readonly Buffer[], handles?: readonly Buffer[]): Buffer {
  let end = 0;
  const places = blocks.map((one) => {
    end += one.length;
    return handle(end - one.length, one.length - 5);
  });
  const index = block((handles ?? places).map((place, number) => [0, `${number}`, place]));
  const footer = Buffer.alloc(48);
  bytesOf(handle(0, 0), handle(end, index.length - 5)).copy(footer);
  Buffer.from("57fb808b247547db", "hex").copy(footer, 40);
  return bytesOf(...blocks, index, footer);
}

export const HEADER: RawEntry = [0, "", numberField(1, 1)];

/** What an entry says of a float32 tensor of these bytes, at the beginning of the shard. */
export function entry(
  bytes: Uint8Array,
  { type = 1, shape = [bytes.length / 4], shard = 0, start = 0, size = bytes.length, rest = bytesOf() } = {},
): Buffer {
  const dimensions = shape.map((length) => bytesField(2, numberField(1, length)));
  return bytesOf(
    numberField(1, type),
    bytesField(2, bytesOf(...dimensions)),
    ...[numberField(3, shard), numberField(4, start), numberField(5, size)],
    ...[varint(8 * 6 + 5), u32(masked(crc32c(bytes))), rest],
  );
}
