/** Pickles and files of `torch.save`, instruction by instruction: also those that torch would never write. */
import { zipSync } from "fflate";

type Part = string | number | Uint8Array;

/** Bytes of texts (Latin-1), of single bytes and of further bytes. */
export function bytesOf(...parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === "number"
        ? Uint8Array.of(part)
        : typeof part === "string"
          ? Buffer.from(part, "latin1")
          : part,
    ),
  );
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** BINUNICODE */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return bytesOf("X", u32(bytes.length), bytes);
}

/** BININT */
export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytesOf("J", bytes);
}

/** A tuple of values. */
export function tuple(...items: readonly Uint8Array[]): Buffer {
  return bytesOf("(", ...items, "t");
}

/** The storage with such a key; on the stack. */
export function storage(key: string, length: number, type = "FloatStorage"): Buffer {
  return bytesOf(
    tuple(text("storage"), bytesOf(`ctorch\n${type}\n`), text(key), text("cpu"), int(length)),
    "Q",
  );
}

/** A tensor of a storage; on the stack. */
export function tensor(
  stored: Uint8Array,
  { offset = 0, shape = [2], strides = [1] }: { offset?: number; shape?: number[]; strides?: number[] } = {},
): Buffer {
  const place = [int(offset), tuple(...shape.map(int)), tuple(...strides.map(int))];
  const hooks = bytesOf("ccollections\nOrderedDict\n)R");
  return bytesOf(
    "ctorch._utils\n_rebuild_tensor_v2\n",
    tuple(stored, ...place, Uint8Array.of(0x89), hooks),
    "R",
  );
}

/** A whole pickle: a dictionary with such values. */
export function dictionary(entries: Readonly<Record<string, Uint8Array>>): Buffer {
  const items = Object.entries(entries).map(([key, value]) => bytesOf(text(key), value));
  return pickle(bytesOf("}(", ...items, "u"));
}

export function pickle(...parts: readonly Part[]): Buffer {
  return bytesOf(0x80, 2, ...parts, ".");
}

/** A file of the format that torch has since 1.6. */
export function zipFile(
  object: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  others: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const data = Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`a/data/${key}`, bytes]));
  return zipSync({ "a/data.pkl": object, ...data, ...others }, { level: 0 });
}

const MAGIC = bytesOf(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);

/** A file of the format that torch had before. */
export function legacyFile(
  object: Uint8Array,
  keys: readonly string[] = [],
  data: Uint8Array = bytesOf(),
): Buffer {
  const facts = dictionary({ little_endian: Uint8Array.of(0x88) });
  const list = pickle("](", ...keys.map(text), "e");
  return bytesOf(pickle(MAGIC), pickle("M", 0xe9, 3), facts, object, list, data);
}
