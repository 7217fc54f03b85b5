import { dataError } from "../../data/data-error.js";
import { labelIdOf } from "../../data/labels.js";
import type { RowInput } from "../../data/readers/rows.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import { readTaggingRows, type TaggingRow, type TaggingRowOptions } from "./rows.js";
import { isTagOf, misplacedTags, type TaggingScheme, tagEntities } from "./scheme.js";
import { entitiesInWords, type TokenizedWords, tokenizeWords } from "./words.js";

/** A sentence, or text, whose words have tags. */
export interface TaggedSentence extends TokenizedWords {
  tags: string[];
  document: TaggingRow["document"];
  location: string;
  locationOf: TaggingRow["locationOf"];
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

/**
 * Reads and tokenizes a data set.
 *
 * @throws LibbertError ERR_DATA as `readTaggingRows` and `entitiesInWords` do; the signal's reason
 */
export async function readTaggedSentences(
  source: RowInput,
  tokenizer: TextTokenizer,
  { scheme, signal, ...reading }: SentenceOptions,
): Promise<TaggedSentences> {
  const read: TaggedSentences = { sentences: [], widenedEntities: 0 };
  for await (const rows of readTaggingRows(source, reading)) {
    signal?.throwIfAborted();
    const inputs = rows.map((row) => (row.kind === "text" ? row.text : row.words));
    const tokenized = await tokenizeWords(inputs, tokenizer);
    for (const [index, row] of rows.entries()) {
      const { document, location, locationOf } = row;
      const { tags, widened } = tagsOf(row, tokenized[index]!, scheme);
      read.sentences.push({ ...tokenized[index]!, tags, document, location, locationOf });
      read.widenedEntities += widened;
    }
  }
  return read;
}

function tagsOf(
  row: TaggingRow,
  tokenized: TokenizedWords,
  scheme: TaggingScheme,
): { tags: string[]; widened: number } {
  if (row.kind === "words") return { tags: row.tags, widened: 0 };
  const { entities, widened } = entitiesInWords(tokenized, row.entities, row.location);
  return { tags: tagEntities(entities, tokenized.words.length, scheme), widened };
}

/**
 * @param options.isDetected whether the tags showed the scheme: then some of them have prefixes
 * @throws LibbertError ERR_DATA, naming the location, for the first tag that is none of the scheme's
 */
export function checkTags(
  sentences: readonly TaggedSentence[],
  scheme: TaggingScheme,
  { isDetected = false }: { isDetected?: boolean } = {},
): void {
  const hint = isDetected ? ', as other tags have it (scheme "plain" takes all tags as they are),' : "";
  for (const { tags, locationOf } of sentences) {
    const word = tags.findIndex((tag) => !isTagOf(scheme, tag));
    if (word < 0) continue;
    throw dataError(locationOf(word), `a tag of the scheme ${scheme}${hint}`, JSON.stringify(tags[word]));
  }
}

/** How many tags their scheme does not allow where they stand, and where the first does. */
export function countMisplaced(
  sentences: readonly TaggedSentence[],
  scheme: TaggingScheme,
): { count: number; first: string | null } {
  let count = 0;
  let first: string | null = null;
  for (const { tags, locationOf } of sentences) {
    const misplaced = misplacedTags(tags, scheme);
    count += misplaced.length;
    const [earliest] = misplaced;
    if (earliest) first ??= `${locationOf(earliest.word)}: ${earliest.detail}`;
  }
  return { count, first };
}

/**
 * The class number of every word's tag.
 *
 * @throws LibbertError ERR_DATA, naming the location, for a tag that is not among `labels`
 */
export function tagIds(sentences: readonly TaggedSentence[], labels: readonly string[]): Int32Array[] {
  const idOf = labelIdOf(labels, "tags");
  return sentences.map(({ tags, locationOf }) =>
    Int32Array.from(tags, (tag, word) => idOf(tag, () => locationOf(word))),
  );
}
