import { requireAccepted } from "../../data/accepted-row.js";
import { dataError } from "../../data/data-error.js";
import { requireExact } from "../../data/exact-integers.js";
import { missingColumn } from "../../data/readers/columns.js";
import type { RowObserver } from "../../data/readers/each-row.js";
import { fieldOf, type Row } from "../../data/readers/row.js";
import type { RowReading } from "../../data/readers/rows.js";
import { tellPassedOver } from "../../data/unread-columns.js";
import { describe } from "../../errors.js";
import { cleanLabel } from "../../options/label-options.js";
import { type CharacterSpan, spansOf } from "./character-spans.js";

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

export interface ObjectReading {
  /** Names of fields: `text` of the words or the text, `label` of the tags or the entities. */
  columns?: { text?: string; label?: string };
  /** What tags that are class numbers stand for. */
  labels?: readonly string[];
}

/** The fields that are looked for where the options name none, the first that a row has wins. */
const TAGS = ["tags", "ner_tags"];
const ENTITIES = ["entities", "spans", "label", "labels"];

/**
 * What an object says: words (`tokens`) with their tags (`tags` or `ner_tags`), or a text (`text`) with entities
 * (`entities`, `spans`, `label` or `labels`) in one of the forms that `spansOf` reads. Tags are texts, or class numbers
 * where `labels` are known.
 *
 * @throws LibbertError ERR_DATA, naming the location, a field that is missing or of another kind, a row that was not accepted
 */
export function contentOf(row: Row, { columns = {}, labels }: ObjectReading): TaggedWords | SpannedText {
  const { fields, location } = row;
  requireAccepted(row);
  const textField = columns.text ?? (hasWords(fields) ? "tokens" : "text");
  const content = fieldOf(row, textField);
  if (content === undefined)
    throw missingColumn(row, columns.text === undefined ? ["tokens", "text"] : [textField], "columns.text");
  if (typeof content !== "string" && !Array.isArray(content))
    throw dataError(location, `an array of words, or a text, for ${textField}`, describe(content));
  const candidates = typeof content === "string" ? ENTITIES : TAGS;
  const labelField =
    columns.label ?? candidates.find((name) => Array.isArray(fields[name])) ?? candidates[0]!;
  const labelled = fieldOf(row, labelField);
  if (labelled === undefined)
    throw missingColumn(row, columns.label === undefined ? candidates : [labelField], "columns.label");
  if (!Array.isArray(labelled)) throw dataError(location, `an array for ${labelField}`, describe(labelled));
  if (typeof content === "string") {
    const isForeign = labelField !== "entities";
    return { kind: "text", text: content, entities: spansOf(content, labelled, { isForeign, location }) };
  }
  const words = content.map((word, index) => wordOf(word, index, textField, location));
  const tags = labelled.map((tag, index) => tagOf(tag, index, { field: labelField, labels, location }));
  if (tags.length === words.length) return { kind: "words", words, tags };
  throw dataError(location, `as many ${labelField} as ${textField} (${words.length})`, String(tags.length));
}

/** Hands rows on, and tells at the first of tags or entities that are not read, as others beside them are. */
export function tellingOfOthers({
  columns = {},
  onRow,
  notify,
}: Pick<ObjectReading, "columns"> & RowObserver & Pick<RowReading, "notify">): (row: Row) => void {
  let isTold = columns.label !== undefined;
  return (row) => {
    onRow?.(row);
    if (isTold) return;
    isTold = true;
    const { fields } = row;
    const content = fields[columns.text ?? (hasWords(fields) ? "tokens" : "text")];
    const names = (typeof content === "string" ? ENTITIES : TAGS).filter((name) =>
      Array.isArray(fields[name]),
    );
    tellPassedOver(row, { names, read: names.slice(0, 1), option: "columns.label" }, { notify });
  };
}

/** Prodigy puts objects about its own tokens beside a text. */
function hasWords({ tokens, text }: Row["fields"]): boolean {
  const areObjects = Array.isArray(tokens) && typeof tokens[0] === "object" && tokens[0] !== null;
  return tokens !== undefined && !(areObjects && typeof text === "string");
}

function wordOf(word: unknown, index: number, field: string, location: string): string {
  if (typeof word === "string") return word;
  throw dataError(location, `strings in ${field}`, `${describe(word)} at ${index + 1}`);
}

function tagOf(
  tag: unknown,
  index: number,
  { field, labels, location }: { field: string; labels?: readonly string[]; location: string },
): string {
  if (typeof tag === "string" && tag.trim() !== "") return cleanLabel(tag);
  const received = `${describe(tag)} at ${index + 1}`;
  if (!Number.isInteger(tag)) throw dataError(location, `tags in ${field}`, received);
  if (labels === undefined)
    throw dataError(
      location,
      `tags as texts in ${field}, or class numbers whose names the option labels gives,`,
      received,
    );
  const named = labels[tag as number];
  if (named !== undefined) return named;
  throw dataError(location, `a class number from 0 to ${labels.length - 1} in ${field}`, received);
}

/** The document that a row says it is of. */
export function documentOf({ fields: { document = null }, location }: Row): string | number | null {
  requireExact(document, location, "document");
  if (typeof document === "bigint") return String(document);
  if (document === null || typeof document === "string" || typeof document === "number") return document;
  throw dataError(location, "a string or number for document", describe(document));
}
