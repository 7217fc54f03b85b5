import { extname } from "node:path";
import { describe } from "../../errors.js";
import { dataError } from "../data-error.js";
import { type ConllSentence, readConll } from "../readers/conll.js";
import type { Row } from "../readers/row.js";
import { noRows, type RowSource, readRows } from "../readers/rows.js";

/** Where an entity stands in a text, in UTF-16 units as `slice` takes them, and what it is. */
export interface CharacterSpan {
  start: number;
  end: number;
  label: string;
}

/** A row whose words are given, each with its tag. */
export interface TaggedWords {
  kind: "words";
  words: string[];
  tags: string[];
}

/** A row that is a text, with its entities in order of their places. */
export interface SpannedText {
  kind: "text";
  text: string;
  entities: CharacterSpan[];
}

/** A sentence, or text, with its entities. */
export type TaggingRow = (TaggedWords | SpannedText) & {
  /** Rows of one document follow each other and have the same value; null where the data do not say. */
  document: string | number | null;
  /** Where the row stands, for errors: `train.conll, line 12`. */
  place: string;
  /** Where one of its words stands: `train.conll, line 14`. */
  placeOf(word: number): string;
};

export interface TaggingRowOptions {
  /** What errors call rows in memory. Default: no name. */
  name?: string;
  /** Take the first so many rows. Default: all. */
  limit?: number;
}

const CONLL_EXTENSIONS = [".conll", ".bio", ".iob", ".txt"];

/**
 * The rows of a data set for named entities, one by one: the sentences of a CoNLL file, or objects (in memory, or the
 * lines of a .jsonl file) with `tokens` and `tags`, or with `text` and `entities`; an object may name its `document`.
 *
 * @throws LibbertError ERR_DATA, naming file and line: whatever `readConll` and `readRows` throw, another extension,
 *   no rows at all, a field that is missing or of the wrong kind, tags of another number than tokens, a span outside
 *   its text, spans that overlap
 */
export async function* readTaggingRows(
  source: RowSource,
  options: TaggingRowOptions = {},
): AsyncGenerator<TaggingRow> {
  const extension = typeof source === "string" ? extname(source).toLowerCase() : "";
  if (typeof source === "string" && CONLL_EXTENSIONS.includes(extension)) {
    yield* conllRows(source, options.limit);
    return;
  }
  if (typeof source === "string" && extension !== ".jsonl") {
    const wanted = `a file that ends in ${CONLL_EXTENSIONS.join(", ")} or .jsonl`;
    throw dataError(source, wanted, extension || "no extension");
  }
  for await (const row of readRows(source, options)) yield fromObject(row);
}

async function* conllRows(path: string, limit = Number.POSITIVE_INFINITY): AsyncGenerator<TaggingRow> {
  let count = 0;
  for await (const sentence of readConll(path)) {
    yield fromConll(sentence, path);
    if (++count >= limit) return;
  }
  if (count === 0) throw noRows(path);
}

function fromConll({ words, tags, firstLine, document }: ConllSentence, path: string): TaggingRow {
  const placeOf = (word: number) => `${path}, line ${firstLine + word}`;
  return { kind: "words", words, tags, document, place: placeOf(0), placeOf };
}

function fromObject({ fields, place }: Row): TaggingRow {
  const content = contentOf(fields, place);
  return {
    ...content,
    document: documentOf(fields, place),
    place,
    placeOf: (word) => `${place}, word ${word + 1}`,
  };
}

function contentOf(fields: Record<string, unknown>, place: string): TaggedWords | SpannedText {
  if ("tokens" in fields) {
    const words = stringsIn(fields, "tokens", place);
    const tags = stringsIn(fields, "tags", place);
    if (tags.length === words.length) return { kind: "words", words, tags };
    throw dataError(place, `as many tags as tokens (${words.length})`, String(tags.length));
  }
  const { text, entities } = fields;
  if (text === undefined) {
    throw dataError(
      place,
      "tokens and tags, or text and entities,",
      `the fields ${Object.keys(fields).join(", ")}`,
    );
  }
  if (typeof text !== "string") throw dataError(place, "a string for text", describe(text));
  if (!Array.isArray(entities)) throw dataError(place, "an array for entities", describe(entities));
  return { kind: "text", text, entities: checkedSpans(text, entities, place) };
}

function stringsIn(fields: Record<string, unknown>, field: string, place: string): string[] {
  const values = fields[field];
  if (!Array.isArray(values)) throw dataError(place, `an array for ${field}`, describe(values));
  const odd = values.findIndex((value) => typeof value !== "string");
  if (odd < 0) return values;
  throw dataError(place, `strings in ${field}`, `${describe(values[odd])} at ${odd + 1}`);
}

function documentOf({ document = null }: Record<string, unknown>, place: string): string | number | null {
  if (document === null || typeof document === "string" || typeof document === "number") return document;
  throw dataError(place, "a string or number for document", describe(document));
}

function checkedSpans(text: string, entities: readonly unknown[], place: string): CharacterSpan[] {
  const spans = entities
    .map((entity, index) => checkedSpan(text, entity, `${place}, entity ${index + 1}`))
    .sort((a, b) => a.start - b.start);
  for (const [index, { start, label }] of spans.entries()) {
    const before = spans[index - 1];
    if (!before || before.end <= start) continue;
    const both = `${shown(text, before)} and ${shown(text, spans[index]!)}`;
    throw dataError(place, "entities that do not overlap", `${both} (${before.label} and ${label})`);
  }
  return spans;
}

function checkedSpan(text: string, entity: unknown, place: string): CharacterSpan {
  const { start, end, label, text: own } = Object(entity) as Record<string, unknown>;
  if (typeof label !== "string" || label === "") throw dataError(place, "a label", describe(label));
  const offsets = [start, end];
  if (!offsets.every((offset) => Number.isInteger(offset))) {
    throw dataError(place, "integers for start and end", `${describe(start)} and ${describe(end)}`);
  }
  const span = { start: start as number, end: end as number, label };
  if (span.start < 0 || span.start >= span.end || span.end > text.length) {
    throw dataError(
      place,
      `a span within the text's ${text.length} UTF-16 units`,
      `${span.start} to ${span.end}`,
    );
  }
  if (own !== undefined && own !== text.slice(span.start, span.end)) {
    const units = "(offsets count UTF-16 units)";
    throw dataError(
      place,
      `the text ${describe(own)} from ${span.start} to ${span.end} ${units}`,
      shown(text, span),
    );
  }
  return span;
}

function shown(text: string, { start, end }: CharacterSpan): string {
  return describe(text.slice(start, end));
}
