/**
 * The entries of a zip archive, as far as they are stored without compression, which is how `torch.save` writes them. Format: PKWARE,
 * APPNOTE.TXT 4.3 (records) and 4.5.3 (zip64). Zip libraries hand out contents; here only where they lie is wanted, in files of many
 * gigabytes, and every number of a damaged file is checked.
 */
import { LibbertError } from "../../errors.js";
import { damaged, readRange } from "../read-bytes.js";

export interface ZipEntry {
  name: string;
  /** Of its content, and as it is stored. */
  bytes: number;
  storedBytes: number;
  /** Of its content; 0 where the writer was told not to compute it. */
  crc32: number;
  /** Where its own header begins in the file, and the byte behind the last that may be its. */
  header: number;
  limit: number;
  isPlain: boolean;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END_64 = 0x06064b50;
const END_64_BYTES = 56;
const LOCATOR_64 = 0x07064b50;
const LOCATOR_64_BYTES = 20;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const ZIP64_FIELD = 1;
const MAX_COMMENT_BYTES = 0xffff;
/** Of 100,000 entries and more. */
const MAX_DIRECTORY_BYTES = 2 ** 24;

/** @throws LibbertError ERR_CHECKPOINT for an archive that is cut short or damaged */
export function readZipEntries(file: number, fileBytes: number, path: string): Map<string, ZipEntry> {
  const { start, bytes } = findDirectory(file, fileBytes, path);
  if (bytes > MAX_DIRECTORY_BYTES || start + bytes > fileBytes)
    throw damaged(path, `its directory claims ${bytes} bytes from ${start} on, of a file of ${fileBytes}`);
  const directory = Buffer.from(readRange(file, path, start, start + bytes).buffer);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < bytes; ) {
    if (at + CENTRAL_BYTES > bytes || directory.readUInt32LE(at) !== CENTRAL)
      throw damaged(path, `its directory has no entry at byte ${start + at}`);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      directory.readUInt16LE(at + field),
    );
    const end = at + CENTRAL_BYTES + nameBytes! + extraBytes! + commentBytes!;
    if (end > bytes) throw damaged(path, `its directory ends within the entry at byte ${start + at}`);
    const entry = entryAt(directory.subarray(at, end), path);
    if (entries.has(entry.name)) throw damaged(path, `it has two entries ${JSON.stringify(entry.name)}`);
    entries.set(entry.name, entry);
    at = end;
  }
  setLimits(entries, start, path);
  return entries;
}

/** The content of an entry, within the file. @throws LibbertError ERR_CHECKPOINT */
export function contentOf(
  { name, header, limit, bytes, isPlain }: ZipEntry,
  file: number,
  path: string,
): { start: number; end: number } {
  if (!isPlain)
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected ${path} as torch.save writes it but its entry ${JSON.stringify(name)} is compressed or encrypted`,
    );
  if (header + LOCAL_BYTES > limit) throw damaged(path, `its entry ${JSON.stringify(name)} has no header`);
  const local = Buffer.from(readRange(file, path, header, header + LOCAL_BYTES).buffer);
  if (local.readUInt32LE(0) !== LOCAL) throw damaged(path, `its entry ${JSON.stringify(name)} has no header`);
  const start = header + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + bytes > limit)
    throw damaged(path, `its entry ${JSON.stringify(name)} reaches into what follows it`);
  return { start, end: start + bytes };
}

function findDirectory(file: number, fileBytes: number, path: string): { start: number; bytes: number } {
  const tailStart = Math.max(0, fileBytes - END_BYTES - MAX_COMMENT_BYTES);
  const tail = Buffer.from(readRange(file, path, tailStart, fileBytes).buffer);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    const isEnd =
      tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length;
    if (!isEnd) continue;
    const [bytes, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
    if (bytes !== 0xffffffff && start !== 0xffffffff) return { start, bytes };
    return findDirectory64(file, tailStart + at, path);
  }
  throw damaged(path, "it is a zip archive without a directory at its end: it was cut short");
}

function findDirectory64(file: number, end: number, path: string): { start: number; bytes: number } {
  const fail = () => damaged(path, "it is a zip archive whose directory cannot be found");
  if (end < LOCATOR_64_BYTES + END_64_BYTES) throw fail();
  const locator = Buffer.from(readRange(file, path, end - LOCATOR_64_BYTES, end).buffer);
  const at = Number(locator.readBigUInt64LE(8));
  if (locator.readUInt32LE(0) !== LOCATOR_64 || at > end - END_64_BYTES) throw fail();
  const record = Buffer.from(readRange(file, path, at, at + END_64_BYTES).buffer);
  if (record.readUInt32LE(0) !== END_64) throw fail();
  return { bytes: Number(record.readBigUInt64LE(40)), start: Number(record.readBigUInt64LE(48)) };
}

/** @param central the entry in the directory */
function entryAt(central: Buffer, path: string): ZipEntry {
  const nameEnd = CENTRAL_BYTES + central.readUInt16LE(28);
  const name = central.toString("utf8", CENTRAL_BYTES, nameEnd);
  const extra = central.subarray(nameEnd, nameEnd + central.readUInt16LE(30));
  const isStored = central.readUInt16LE(10) === 0;
  const isEncrypted = (central.readUInt16LE(8) & 1) !== 0;
  const sizes = [24, 20, 42].map((field) => central.readUInt32LE(field)); // as zip64 has them, too
  const [bytes, storedBytes, header] = withLarge(sizes, extra, () =>
    damaged(path, `its entry ${JSON.stringify(name)} has no size`),
  );
  const isPlain = isStored && !isEncrypted && bytes === storedBytes;
  const place = { bytes: bytes!, storedBytes: storedBytes!, header: header!, limit: 0 };
  return { name, ...place, crc32: central.readUInt32LE(16), isPlain };
}

/** Sizes of which those that do not fit 32 bits stand in the extra field of zip64, in the same order. */
function withLarge(sizes: readonly number[], extra: Buffer, error: () => LibbertError): number[] {
  if (!sizes.includes(0xffffffff)) return [...sizes];
  let field = extra;
  while (field.length >= 4 && field.readUInt16LE(0) !== ZIP64_FIELD)
    field = field.subarray(4 + field.readUInt16LE(2));
  let at = 4;
  return sizes.map((size) => {
    if (size !== 0xffffffff) return size;
    if (at + 8 > field.length) throw error();
    at += 8;
    return Number(field.readBigUInt64LE(at - 8));
  });
}

/** No two entries share bytes: a small file has no more numbers than bytes. */
function setLimits(entries: ReadonlyMap<string, ZipEntry>, directoryStart: number, path: string): void {
  let limit = directoryStart;
  for (const entry of [...entries.values()].sort((a, b) => b.header - a.header)) {
    if (entry.header + LOCAL_BYTES + entry.storedBytes > limit)
      throw damaged(path, `its entry ${JSON.stringify(entry.name)} reaches into what follows it`);
    entry.limit = limit;
    limit = entry.header;
  }
}
