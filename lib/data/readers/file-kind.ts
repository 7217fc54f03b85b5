import { isGitLfsPointer } from "../../files/regular-file.js";
import { dataError } from "../data-error.js";

/** How files begin that are no text in UTF-8, and what they are. */
const SIGNATURES: readonly (readonly [bytes: string, what: string])[] = [
  ["1f8b", "a gzip file: unpack it (gunzip)"],
  ["504b0304", "a zip archive, as .xlsx files are: unpack it, or save the table as CSV in UTF-8"],
  ["d0cf11e0a1b11ae1", "an old Office file: save the table as CSV in UTF-8"],
  ["50415231", "a Parquet file: name it .parquet, and give its path, as it cannot be read from a pipe"],
  ["50415245", "a Parquet file that is encrypted"],
  ["4152524f5731", "an Arrow file: write its rows as JSON lines (.jsonl)"],
  ["4f626a01", "an Avro file: write its rows as JSON lines (.jsonl)"],
  ["89484446", "an HDF5 file: write its rows as JSON lines (.jsonl)"],
  ["53514c69746520666f726d6174203300", "an SQLite database: write its rows as JSON lines (.jsonl)"],
  ["255044462d", "a PDF file: take its text out"],
  ["425a68", "a bzip2 file: unpack it (bunzip2)"],
  ["fd377a585a00", "an xz file: unpack it (unxz)"],
  ["28b52ffd", "a Zstandard file: unpack it (unzstd)"],
  ["377abcaf271c", "a 7z archive: unpack it"],
  ["fffe", "text in UTF-16: save it in UTF-8"],
  ["feff", "text in UTF-16: save it in UTF-8"],
];

const PARQUET = "PAR1";
/** So many bytes are looked at: no text begins with a zero among them. */
const BYTES_THAT_TELL = 4096;

/**
 * Refuses a file that is no text, by what it is.
 *
 * @param start the file's first bytes
 * @throws LibbertError ERR_DATA, naming the file
 */
export function requireText(path: string, start: Uint8Array): void {
  const bytes = bytesThatTell(start);
  const what = knownKind(bytes) ?? otherKind(bytes);
  if (what !== undefined) throw dataError(path, "text in UTF-8", what);
}

/** Refuses text of which old Macs ended the lines: it would be one line. @throws LibbertError ERR_DATA, naming the file */
export function requireLineFeeds(path: string, start: Uint8Array): void {
  const text = bytesThatTell(start).toString("latin1");
  if (text.includes("\n") || text.split("\r").length < 3) return;
  throw dataError(
    path,
    "lines that end in a line feed",
    "carriage returns alone (tr '\\r' '\\n' makes line feeds of them)",
  );
}

/** Refuses a file that is no Parquet, by what it is. @throws LibbertError ERR_DATA, naming the file */
export function requireParquet(path: string, start: Uint8Array): void {
  const bytes = bytesThatTell(start);
  if (bytes.toString("latin1", 0, PARQUET.length) === PARQUET) return;
  const what = knownKind(bytes) ?? otherKind(bytes) ?? "one that does not begin as such a file";
  throw dataError(path, "a Parquet file", what);
}

function bytesThatTell(start: Uint8Array): Buffer {
  return Buffer.from(start.buffer, start.byteOffset, Math.min(start.byteLength, BYTES_THAT_TELL));
}

function knownKind(bytes: Buffer): string | undefined {
  return SIGNATURES.find(([signature]) => bytes.toString("hex", 0, signature.length / 2) === signature)?.[1];
}

function otherKind(bytes: Buffer): string | undefined {
  if (isGitLfsPointer(bytes.toString("latin1")))
    return "a Git LFS pointer: fetch the file itself (git lfs pull)";
  return bytes.includes(0) ? "bytes that are zero, as binary files and text in UTF-16 have them" : undefined;
}
