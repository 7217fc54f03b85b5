import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import { dataError, quoted } from "../data-error.js";
import type { RowSource } from "../readers/rows.js";
import { readTaggingRows, type TaggingRow, type TaggingRowOptions } from "./rows.js";
import { isTagOf, mayFollow, OUTSIDE, type TaggingScheme, tagEntities } from "./scheme.js";
import { entitiesInWords, type TokenizedWords, tokenizeWords } from "./words.js";

/** A sentence, or text, whose words have tags. */
export interface TaggedSentence extends TokenizedWords {
  tags: string[];
  document: TaggingRow["document"];
  place: string;
  placeOf: TaggingRow["placeOf"];
}

/** A data set for named entities, in memory. */
export interface TaggedSentences {
  sentences: TaggedSentence[];
  /** Entities given in characters that began or ended within a word, and were given the whole word. */
  widenedEntities: number;
}

export interface SentenceOptions extends TaggingRowOptions {
  /** How entities that are given in characters become tags. */
  scheme: TaggingScheme;
  signal?: AbortSignal;
}

/** Reads and tokenizes a data set. @throws LibbertError ERR_DATA as `readTaggingRows` and `entitiesInWords` do */
export async function readTaggedSentences(
  source: RowSource,
  tokenizer: BertTokenizer,
  { scheme, signal, ...reading }: SentenceOptions,
): Promise<TaggedSentences> {
  const rows: TaggingRow[] = [];
  for await (const row of readTaggingRows(source, reading)) {
    signal?.throwIfAborted();
    rows.push(row);
  }
  const inputs = rows.map((row) => (row.kind === "text" ? row.text : row.words));
  const tokenized = await tokenizeWords(inputs, tokenizer);
  let widenedEntities = 0;
  const sentences = rows.map((row, index): TaggedSentence => {
    const words = tokenized[index]!;
    const { document, place, placeOf } = row;
    if (row.kind === "words") return { ...words, tags: row.tags, document, place, placeOf };
    const { entities, widened } = entitiesInWords(words, row.entities, place);
    widenedEntities += widened;
    return { ...words, tags: tagEntities(entities, words.words.length, scheme), document, place, placeOf };
  });
  return { sentences, widenedEntities };
}

/** @throws LibbertError ERR_DATA, naming the place, for the first tag that is none of the scheme's */
export function checkTags(sentences: readonly TaggedSentence[], scheme: TaggingScheme): void {
  for (const { tags, placeOf } of sentences) {
    const word = tags.findIndex((tag) => !isTagOf(scheme, tag));
    if (word < 0) continue;
    throw dataError(placeOf(word), `a tag of the scheme ${scheme}`, JSON.stringify(tags[word]));
  }
}

/** Tags that their scheme does not allow where they stand, such as I- after O in BIO. */
export function misplacedTags(
  sentences: readonly TaggedSentence[],
  scheme: TaggingScheme,
): { count: number; first: string | null } {
  let count = 0;
  let first: string | null = null;
  for (const { tags, placeOf } of sentences) {
    for (const [word, tag] of [...tags, OUTSIDE].entries()) {
      const previous = tags[word - 1] ?? OUTSIDE;
      if (mayFollow(previous, tag, scheme)) continue;
      count++;
      first ??= `${placeOf(Math.min(word, tags.length - 1))}: ${tag} after ${previous}`;
    }
  }
  return { count, first };
}

/**
 * The class number of every word's tag.
 *
 * @throws LibbertError ERR_DATA, naming the place, for a tag that is not among `labels`
 */
export function tagIds(sentences: readonly TaggedSentence[], labels: readonly string[]): Int32Array[] {
  const idOfTag = new Map(labels.map((label, id) => [label, id]));
  return sentences.map(({ tags, placeOf }) =>
    Int32Array.from(tags, (tag, word) => {
      const id = idOfTag.get(tag);
      if (id !== undefined) return id;
      throw dataError(placeOf(word), `one of the tags ${quoted(labels)}`, JSON.stringify(tag));
    }),
  );
}
