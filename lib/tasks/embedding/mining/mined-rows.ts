import { sumOf } from "../../../arrays.js";
import { type NumberedPairs, numberedPairs } from "../../../retrieval/numbered-pairs.js";
import { type ReadTexts, sequencesOf } from "../../texts/examples.js";
import { NO_TEXT, type VectorExamples, vectorExamples } from "../examples.js";

/** A place of an anchor for which too few candidates were left. */
export const NO_DOCUMENT = -1;

/** The texts of pairs, each once, by their numbers in the rows. */
export interface TextsOfPairs {
  pairs: NumberedPairs<number>;
  /** Of each row. */
  anchors: Int32Array; // [rows]
  /** The first row that has each anchor, and each document. */
  rowsWith: { query: Int32Array; document: Int32Array }; // [anchors], [documents]
}

export function textsOfPairs({ rows, textIds }: VectorExamples): TextsOfPairs {
  const ids = Array.from({ length: rows }, (_, row) => [textIds[2 * row]!, textIds[2 * row + 1]!] as const);
  const pairs = numberedPairs(ids, []);
  const anchorOf = placesOf(pairs.anchors);
  const documentOf = placesOf(pairs.documents);
  const rowsWith = {
    query: new Int32Array(pairs.anchors.length),
    document: new Int32Array(pairs.documents.length),
  };
  for (let row = rows - 1; row >= 0; row--) {
    const [anchor, positive] = ids[row]!;
    rowsWith.query[anchorOf.get(anchor)!] = row;
    rowsWith.document[documentOf.get(positive)!] = row;
  }
  return { pairs, anchors: Int32Array.from(ids, ([anchor]) => anchorOf.get(anchor)!), rowsWith };
}

function placesOf(ids: readonly number[]): Map<number, number> {
  return new Map(ids.map((id, place) => [id, place]));
}

/** Of pairs with so many negatives, which are not mined yet: of these it is the mean. */
export function lengthsWithNegatives(
  pairs: VectorExamples,
  { rowsWith }: TextsOfPairs,
  numNegatives: number,
): Int32Array {
  const documents = Array.from(rowsWith.document, (row) => 2 * row + 1);
  const { encodings } = textsAt(pairs, documents);
  const mean = sumOf(encodings.map(({ inputIds }) => inputIds.length)) / documents.length;
  return pairs.lengths.map((length) => Math.ceil(length + numNegatives * mean));
}

/**
 * Pairs with the negatives of their anchors: the rows of an epoch.
 *
 * @param mined for each anchor its documents, [anchors, negatives]
 */
export function withNegatives(
  pairs: VectorExamples,
  { anchors, rowsWith }: TextsOfPairs,
  mined: readonly number[],
): VectorExamples {
  const numNegatives = mined.length / rowsWith.query.length;
  const places: number[] = [];
  const textIds: number[] = [];
  for (const [row, anchor] of anchors.entries()) {
    places.push(2 * row, 2 * row + 1);
    textIds.push(pairs.textIds[2 * row]!, pairs.textIds[2 * row + 1]!);
    for (const document of mined.slice(anchor * numNegatives, (anchor + 1) * numNegatives)) {
      const isThere = document !== NO_DOCUMENT;
      const place = 2 * (isThere ? rowsWith.document[document]! : row) + 1; // else any text: it counts for nothing
      places.push(place);
      textIds.push(isThere ? pairs.textIds[place]! : NO_TEXT);
    }
  }
  const rows = vectorExamples(textsAt(pairs, places), Int32Array.from(textIds), 2 + numNegatives);
  return { ...pairs, ...rows };
}

/** Some of the texts, in this order. */
export function textsAt(texts: ReadTexts, places: readonly number[]): ReadTexts {
  const { sequences: encodings, windows } = sequencesOf(texts, places);
  if (texts.windowStarts === undefined) return { encodings };
  const windowStarts = [0];
  for (const count of windows) windowStarts.push(windowStarts.at(-1)! + count);
  return { encodings, windowStarts };
}
