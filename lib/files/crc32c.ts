/** CRC-32C (Castagnoli), which `node:zlib` does not have. Reflected polynomial of RFC 3720, B.4; masked as LevelDB and TensorFlow do. */

const POLYNOMIAL = 0x82f63b78;
/** Bytes that are taken at once: a table for each. */
const STRIDE = 4;
const TABLES = tablesOf();

/** Table k tells what a byte makes of the sum when k more bytes have followed. */
function tablesOf(): Uint32Array[] {
  const tables = Array.from({ length: STRIDE }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    tables[0]![byte] = sum;
  }
  for (let k = 1; k < STRIDE; k++)
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[k - 1]![byte]!;
      tables[k]![byte] = (before >>> 8) ^ tables[0]![before & 255]!;
    }
  return tables;
}

/** @param before the checksum of the bytes in front of these. Default: there are none */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const [last, third, second, first] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let sum = ~before;
  let at = 0;
  for (const end = bytes.length - STRIDE; at <= end; at += STRIDE)
    sum =
      first[(sum ^ bytes[at]!) & 255]! ^
      second[((sum >>> 8) ^ bytes[at + 1]!) & 255]! ^
      third[((sum >>> 16) ^ bytes[at + 2]!) & 255]! ^
      last[(sum >>> 24) ^ bytes[at + 3]!]!;
  for (; at < bytes.length; at++) sum = (sum >>> 8) ^ last[(sum ^ bytes[at]!) & 255]!;
  return ~sum >>> 0;
}

/** A checksum as files store it, lest one of bytes with a checksum in them be a special one. */
export function masked(checksum: number): number {
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
