import { extname } from "node:path";
import { dataError } from "../../data/data-error.js";
import type { Row } from "../../data/readers/row.js";
import { noRows, type RowInput, readRows } from "../../data/readers/rows.js";
import { describe } from "../../errors.js";
import { type ConllSentence, readConll } from "./conll.js";

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

/** A row that is a text, with its entities in the order in which they begin. */
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
  location: string;
  /** Where one of its words stands: `train.conll, line 14`. */
  locationOf(word: number): string;
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
 * The rows of a data set for named entities, in arrays as they come: the sentences of a CoNLL file, or objects (in
 * memory, or the lines of a .jsonl file) with `tokens` and `tags`, or with `text` and `entities`; an object may name its `document`.
 *
 * @throws LibbertError ERR_DATA, naming file and line: whatever `readConll` and `readRows` throw, another extension,
 *   no rows at all, a field that is missing or of the wrong kind, tags of another number than tokens, a span outside
 *   its text, spans that overlap
 */
export async function* readTaggingRows(
  source: RowInput,
  options: TaggingRowOptions = {},
): AsyncGenerator<TaggingRow[]> {
  const extension = typeof source === "string" ? extname(source).toLowerCase() : "";
  if (typeof source === "string" && CONLL_EXTENSIONS.includes(extension)) {
    yield* conllRows(source, options.limit);
    return;
  }
  if (typeof source === "string" && extension !== ".jsonl") {
    const wanted = `a file that ends in ${CONLL_EXTENSIONS.join(", ")} or .jsonl`;
    throw dataError(source, wanted, extension || "no extension");
  }
  for await (const rows of readRows(source, options))
    yield rows.map((row) => fromObject(row, options.columns));
}

async function* conllRows(path: string, limit?: number): AsyncGenerator<TaggingRow[]> {
  let isEmpty = true;
  for await (const sentences of readConll(path, { limit })) {
    isEmpty = false;
    yield sentences.map((sentence) => fromConll(sentence, path));
  }
  if (isEmpty) throw noRows(path);
}

function fromConll({ words, tags, firstLine, document }: ConllSentence, path: string): TaggingRow {
  const locationOf = (word: number) => `${path}, line ${firstLine + word}`;
  return { kind: "words", words, tags, document, location: locationOf(0), locationOf };
}

function fromObject({ fields, location }: Row, columns?: TaggingRowOptions["columns"]): TaggingRow {
  const content = contentOf(fields, columns, location);
  return {
    ...content,
    document: documentOf(fields, location),
    location,
    locationOf: (word) => `${location}, word ${word + 1}`,
  };
}

function contentOf(
  fields: Record<string, unknown>,
  columns: TaggingRowOptions["columns"],
  location: string,
): TaggedWords | SpannedText {
  const textColumn = columns?.text ?? ("tokens" in fields ? "tokens" : "text");
  const content = fields[textColumn];
  const labelColumn = columns?.label ?? (Array.isArray(content) ? "tags" : "entities");
  const labels = fields[labelColumn];
  if (content === undefined) {
    const wanted = columns?.text === undefined ? "tokens or text" : `the field ${textColumn}`;
    throw dataError(location, wanted, `the fields ${Object.keys(fields).join(", ")}`);
  }
  if (!Array.isArray(content) && typeof content !== "string") {
    throw dataError(location, `an array of words, or a text, for ${textColumn}`, describe(content));
  }
  if (!Array.isArray(labels)) throw dataError(location, `an array for ${labelColumn}`, describe(labels));
  if (typeof content === "string") {
    return { kind: "text", text: content, entities: checkedSpans(content, labels, location) };
  }
  const words = stringsIn(content, textColumn, location);
  const tags = stringsIn(labels, labelColumn, location);
  if (tags.length === words.length) return { kind: "words", words, tags };
  throw dataError(location, `as many ${labelColumn} as ${textColumn} (${words.length})`, String(tags.length));
}

function stringsIn(values: readonly unknown[], field: string, location: string): string[] {
  const odd = values.findIndex((value) => typeof value !== "string");
  if (odd < 0) return values as string[];
  throw dataError(location, `strings in ${field}`, `${describe(values[odd])} at ${odd + 1}`);
}

function documentOf({ document = null }: Record<string, unknown>, location: string): string | number | null {
  if (document === null || typeof document === "string" || typeof document === "number") return document;
  throw dataError(location, "a string or number for document", describe(document));
}

function checkedSpans(text: string, entities: readonly unknown[], location: string): CharacterSpan[] {
  const spans = entities
    .map((entity, index) => checkedSpan(text, entity, `${location}, entity ${index + 1}`))
    .sort((a, b) => a.start - b.start);
  for (const [index, { start, label }] of spans.entries()) {
    const before = spans[index - 1];
    if (!before || before.end <= start) continue;
    const both = `${shown(text, before)} and ${shown(text, spans[index]!)}`;
    throw dataError(location, "entities that do not overlap", `${both} (${before.label} and ${label})`);
  }
  return spans;
}

function checkedSpan(text: string, entity: unknown, location: string): CharacterSpan {
  const { start, end, label, text: own } = Object(entity) as Record<string, unknown>;
  if (typeof label !== "string" || label === "") throw dataError(location, "a label", describe(label));
  const offsets = [start, end];
  if (!offsets.every((offset) => Number.isInteger(offset))) {
    throw dataError(location, "integers for start and end", `${describe(start)} and ${describe(end)}`);
  }
  const span = { start: start as number, end: end as number, label };
  if (span.start < 0 || span.start >= span.end || span.end > text.length) {
    throw dataError(
      location,
      `a span within the text's ${text.length} UTF-16 units`,
      `${span.start} to ${span.end}`,
    );
  }
  if (own !== undefined && own !== text.slice(span.start, span.end)) {
    const units = "(offsets count UTF-16 units)";
    throw dataError(
      location,
      `the text ${describe(own)} from ${span.start} to ${span.end} ${units}`,
      shown(text, span),
    );
  }
  return span;
}

function shown(text: string, { start, end }: CharacterSpan): string {
  return describe(text.slice(start, end));
}
