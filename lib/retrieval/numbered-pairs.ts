import type { RetrievalData } from "./options.js";

/** The texts of pairs, each once; as they are, or what stands for them. */
export interface NumberedPairs<Text = string> {
  anchors: readonly Text[];
  /** Every text that may be a negative, and every positive. */
  documents: readonly Text[];
  /** For each anchor, which documents are right for it. */
  positives: readonly ReadonlySet<number>[];
  /** The most rows that one anchor has. */
  mostPositives: number;
}

/**
 * Numbers the texts of pairs in the order in which they come.
 *
 * @param pairs an anchor and what is right for it
 * @param corpus texts beside the positives
 */
export function numberedPairs<Text>(
  pairs: readonly (readonly [Text, Text])[],
  corpus: readonly Text[],
): NumberedPairs<Text> {
  const documents = numbered([...corpus, ...pairs.map(([, positive]) => positive)]);
  const anchors = numbered(pairs.map(([anchor]) => anchor));
  const positives = Array.from(anchors, () => new Set<number>());
  const rows = new Int32Array(anchors.size);
  for (const [anchor, positive] of pairs) {
    const number = anchors.get(anchor)!;
    positives[number]!.add(documents.get(positive)!);
    rows[number]!++;
  }
  const mostPositives = rows.reduce((most, count) => Math.max(most, count), 0);
  return { anchors: [...anchors.keys()], documents: [...documents.keys()], positives, mostPositives };
}

/** The same to be evaluated: each anchor is a query, and each text has its number for a name. */
export function dataOfPairs(
  pairs: readonly (readonly [string, string])[],
  corpus: readonly string[],
): RetrievalData {
  const { anchors, documents, positives } = numberedPairs(pairs, corpus);
  return {
    queries: Object.fromEntries(anchors.entries()),
    corpus: Object.fromEntries(documents.entries()),
    relevant: Object.fromEntries(positives.map((own, anchor) => [anchor, Array.from(own, String)])),
  };
}

function numbered<Text>(texts: readonly Text[]): Map<Text, number> {
  const numbers = new Map<Text, number>();
  for (const text of texts) if (!numbers.has(text)) numbers.set(text, numbers.size);
  return numbers;
}
