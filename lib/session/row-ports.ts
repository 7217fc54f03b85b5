/**
 * Rows of an iterable stay in the application's thread, where its code can run; the compute thread pulls them through
 * a port a chunk at a time, so that neither thread waits long and a slow reader is never flooded.
 */
import { once } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";

type RowObject = Record<string, unknown>;
type RowChunk = { rows: RowObject[]; done: boolean };

/** Small enough that copying one takes a few milliseconds. */
const ROWS_PER_CHUNK = 512;

/**
 * Serves an iterable to the compute thread.
 *
 * @param onError is told what the iterable threw
 * @returns the port to hand over
 */
export function serveRows(
  rows: Iterable<RowObject> | AsyncIterable<RowObject>,
  onError: (error: unknown) => void,
): MessagePort {
  const { port1: mine, port2: theirs } = new MessageChannel();
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  mine.on("message", () => {
    nextChunk(iterator)
      .then((chunk) => mine.postMessage(chunk))
      .catch((error) => {
        mine.close();
        onError(error);
      });
  });
  mine.on("close", () => void iterator.return?.());
  return theirs;
}

async function nextChunk(iterator: Iterator<RowObject> | AsyncIterator<RowObject>): Promise<RowChunk> {
  const rows: RowObject[] = [];
  while (rows.length < ROWS_PER_CHUNK) {
    const next = await iterator.next();
    if (next.done) return { rows, done: true };
    rows.push(next.value);
  }
  return { rows, done: false };
}

/** The rows behind a port, in the compute thread. */
export async function* pullRows(port: MessagePort): AsyncGenerator<RowObject> {
  try {
    for (;;) {
      port.postMessage("next");
      const [chunk] = (await once(port, "message")) as [RowChunk];
      yield* chunk.rows;
      if (chunk.done) return;
    }
  } finally {
    port.close();
  }
}
