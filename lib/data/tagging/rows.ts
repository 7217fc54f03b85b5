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
  /** Fields of objects: `text` of the words or the text, `label` of the tags or the entities. */
  columns?: { text?: string; label?: string };
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
  for await (const row of readRows(source, options)) yield fromObject(row, options.columns);
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

function fromObject({ fields, place }: Row, columns?: TaggingRowOptions["columns"]): TaggingRow {
  const content = contentOf(fields, columns, place);
  return {
    ...content,
    document: documentOf(fields, place),
    place,
    placeOf: (word) => `${place}, word ${word + 1}`,
  };
}

function contentOf(
  fields: Record<string, unknown>,
  columns: TaggingRowOptions["columns"],
  place: string,
): TaggedWords | SpannedText {
  const textColumn = columns?.text ?? ("tokens" in fields ? "tokens" : "text");
  const content = fields[textColumn];
  const labelColumn = columns?.label ?? (Array.isArray(content) ? "tags" : "entities");
  const labels = fields[labelColumn];
  if (content === undefined) {
    const wanted = columns?.text === undefined ? "tokens or text" : `the field ${textColumn}`;
    throw dataError(place, wanted, `the fields ${Object.keys(fields).join(", ")}`);
  }
  if (!Array.isArray(content) && typeof content !== "string") {
    throw dataError(place, `an array of words, or a text, for ${textColumn}`, describe(content));
  }
  if (!Array.isArray(labels)) throw dataError(place, `an array for ${labelColumn}`, describe(labels));
  if (typeof content === "string") {
    return { kind: "text", text: content, entities: checkedSpans(content, labels, place) };
  }
  const words = stringsIn(content, textColumn, place);
  const tags = stringsIn(labels, labelColumn, place);
  if (tags.length === words.length) return { kind: "words", words, tags };
  throw dataError(place, `as many ${labelColumn} as ${textColumn} (${words.length})`, String(tags.length));
}

function stringsIn(values: readonly unknown[], field: string, place: string): string[] {
  const odd = values.findIndex((value) => typeof value !== "string");
  if (odd < 0) return values as string[];
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
