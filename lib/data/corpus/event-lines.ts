import type { PrepareEvent, VocabularyEvent } from "./events.js";

/** How a corpus is prepared, in words. */
export function prepareLine(event: PrepareEvent): string {
  if (event.type === "notice") return event.message;
  const { bytes, totalBytes, documents, tokens } = event;
  return `${bytes} of ${totalBytes} bytes prepared: ${documents} documents, ${tokens} tokens`;
}

/** How a vocabulary is learnt, in words. */
export function vocabularyLine(event: VocabularyEvent): string {
  if (event.type === "notice") return event.message;
  return event.type === "count"
    ? `${event.bytes} of ${event.totalBytes} bytes counted`
    : `${event.pieces} of ${event.size} pieces`;
}
