/**
 * Rows of an iterable stay in the application's thread, where its code can run; the compute thread pulls them through
 * a port a chunk at a time, so that neither thread waits long and a slow reader is never flooded.
 */
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { chunked } from "../arrays.js";
import { dataError } from "../data/data-error.js";

type RowObject = Record<string, unknown>;
type RowIterable = Iterable<RowObject> | AsyncIterable<RowObject>;

/** Small enough that copying one takes a few milliseconds. */
const ROWS_PER_CHUNK = 512;

/** An iterable that computes its rows gets no longer than this before other events have their turn. */
const MILLISECONDS_PER_CHUNK = 10;

/**
 * Serves an iterable to the compute thread. It is first touched when that thread asks for rows.
 *
 * @param name what an error calls the rows
 * @param onError is told what the iterable threw, or ERR_DATA for a row that cannot be copied
 * @returns the port to hand over
 */
export function serveRows(rows: RowIterable, name: string, onError: (error: unknown) => void): MessagePort {
  const { port1: mine, port2: theirs } = new MessageChannel();
  const chunks = chunked(rows, { size: ROWS_PER_CHUNK, milliseconds: MILLISECONDS_PER_CHUNK });
  const fail = (error: unknown) => {
    mine.close();
    onError(error);
  };
  let sent = 0;
  const sendNext = async () => {
    await nextTurn(); // a port goes on delivering while messages come in, and would let nothing else happen
    const { value: chunk = [] } = (await chunks.next()) as { value?: RowObject[] }; // an empty chunk is the end
    post(mine, chunk, (index) => `${name}, row ${sent + index + 1}`);
    sent += chunk.length;
  };
  mine.on("message", () => void sendNext().catch(fail));
  mine.on("close", () => void chunks.return(undefined).catch(fail));
  return theirs;
}

function post(port: MessagePort, chunk: RowObject[], locationOf: (index: number) => string): void {
  try {
    port.postMessage(chunk);
  } catch (error) {
    const location = locationOf(chunk.findIndex((row) => !isPlainData(row)));
    throw dataError(location, "plain data", `what cannot be copied (${(error as Error).message})`, {
      cause: error,
    });
  }
}

function isPlainData(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The rows behind a port, in the compute thread, in arrays as they come.
 *
 * @throws the signal's AbortError, also while the application's iterable keeps it waiting
 */
export async function* pullRows(port: MessagePort, signal: AbortSignal): AsyncGenerator<RowObject[]> {
  try {
    for (;;) {
      const answer = once(port, "message", { signal });
      port.postMessage("next");
      const [chunk] = (await answer) as [RowObject[]];
      if (chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    port.close();
  }
}
