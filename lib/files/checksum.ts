import { crc32 } from "node:zlib";

/** The CRC-32 of some bytes in hexadecimal: no single flipped bit gives the same. */
export function checksumOf(bytes: Uint8Array): string {
  return checksumText(crc32(bytes));
}

export function checksumText(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
