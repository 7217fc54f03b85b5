import { createReadStream } from "node:fs";
import { TextDecoder } from "node:util";
import { dataError, unreadable } from "../data-error.js";
import { requireLineFeeds, requireText } from "./file-kind.js";
import { unpacked } from "./unpacked.js";

/** Longer lines are no text of a row, and at four times this length no string of JavaScript's. */
const LONGEST_LINE = 2 ** 27;

/**
 * The lines of a UTF-8 text file, in batches as they come from disk, so that a file larger than memory can be read. What
 * gzip has packed is unpacked.
 * A line ends with LF or CRLF, which are taken off, as is a byte-order mark. (Node's readline would also end a line
 * at U+2028, which JSON allows inside a string.)
 *
 * @param path names the source in errors
 * @param bytes where the bytes come from. Default: the file at `path`
 * @throws LibbertError ERR_DATA when there is no such file, it cannot be read or unpacked, its bytes are not UTF-8, or a
 *   line has more than 2^27 characters
 */
export async function* readLines(
  path: string,
  bytes: AsyncIterable<Uint8Array> = chunksOf(path),
): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let unfinished = ""; // the start of a line that goes on in the next chunk
  let linesRead = 0;
  let isStart = true;
  for await (const chunk of unpacked(path, bytes)) {
    if (isStart) {
      requireText(path, chunk);
      requireLineFeeds(path, chunk);
    }
    isStart = false;
    const pieces = decode(decoder, chunk, path, linesRead).split("\n");
    const rest = pieces.pop()!;
    if (unfinished.length > LONGEST_LINE)
      throw dataError(
        `${path}, line ${linesRead + 1}`,
        `a line of at most ${LONGEST_LINE} characters`,
        "a longer one",
      );
    if (pieces.length === 0) {
      unfinished += rest;
      continue;
    }
    pieces[0] = unfinished + pieces[0]!;
    unfinished = rest;
    linesRead += pieces.length;
    yield pieces.map(withoutCarriageReturn);
  }
  unfinished += decode(decoder, new Uint8Array(0), path, linesRead);
  if (unfinished !== "") yield [withoutCarriageReturn(unfinished)];
}

/** The bytes of a file, as they come. @throws LibbertError ERR_DATA when it cannot be read */
export async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Decodes one chunk of the file; an empty chunk is its end. */
function decode(decoder: TextDecoder, chunk: Uint8Array, path: string, linesBefore: number): string {
  try {
    return decoder.decode(chunk, { stream: chunk.length > 0 });
  } catch (error) {
    const readable = new TextDecoder().decode(chunk); // what cannot be read becomes U+FFFD
    const line = linesBefore + readable.slice(0, readable.indexOf("\ufffd")).split("\n").length;
    throw dataError(`${path}, line ${line}`, "text in UTF-8", "bytes that are not", { cause: error });
  }
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
