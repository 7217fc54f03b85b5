import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { decompress as decompressZstd } from "fzstd";
import type { Compressors } from "hyparquet/src/types.js";
import { dataError } from "../../data-error.js";

/** How pages are decompressed, to the length that their header says. Snappy is hyparquet's own. */
export const compressors: Compressors = {
  GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  ZSTD: (bytes, length) => decompressZstd(bytes, new Uint8Array(length)),
};

const KNOWN = ["UNCOMPRESSED", "SNAPPY", ...Object.keys(compressors)];

/** @throws LibbertError ERR_DATA for a compression that is not read */
export function requireCodec(codec: string | undefined, column: string, file: string): void {
  if (codec !== undefined && KNOWN.includes(codec)) return;
  const received = `${codec ?? "an unknown one"} in column ${JSON.stringify(column)}`;
  throw dataError(file, `columns compressed with ${KNOWN.slice(1).join(", ")}, or not at all,`, received);
}
