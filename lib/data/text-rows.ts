import { requireAccepted } from "./accepted-row.js";
import { dataError } from "./data-error.js";
import { guessedLabel, guessedPair, guessedText } from "./guessed-columns.js";
import { missingColumn, textIn } from "./readers/columns.js";
import { readEach } from "./readers/each-row.js";
import type { Row } from "./readers/row.js";
import { type RowInput, type RowReading, readRows } from "./readers/rows.js";
import { tellPassedOver } from "./unread-columns.js";

/** One text, or pair of texts, with what a model is to say of it. */
export interface TextExample<Label> {
  text: string;
  textPair?: string;
  label: Label;
  /** Where it stands, for errors: `train.tsv, line 12`. */
  location: string;
}

/** The names of the columns that hold the texts. */
export interface TextColumns {
  /** Default: `text` or `sentence`; for pairs also `sentence1`; else what `guessedPair` and `guessedText` find. */
  text?: string;
  /** Default: `textPair` or `text_pair` beside `text`, `sentence2` beside `sentence1`, else none. */
  textPair?: string;
}

/** How labelled texts are read. */
export interface TextReading extends RowReading {
  columns?: TextColumns & { label?: string };
}

/** What the rows of a task call their label, and how it is written there. */
export interface LabelColumn<Label> {
  /** The default names: the first that a row has. */
  readonly names: readonly string[];
  /** @throws LibbertError ERR_DATA, naming the row's location, for what is no label */
  parse(value: unknown, row: Row, column: string): Label;
  /** Whether a value stands for a label that is not there, in rows that need none. */
  isMissing(value: unknown): boolean;
}

/** Default columns for text and its pair, the first that fits wins. */
const PAIRS = [
  { text: "sentence1", textPair: "sentence2" },
  { text: "text", textPair: "textPair" },
  { text: "text", textPair: "text_pair" },
];
const SINGLE = [{ text: "text" }, { text: "sentence" }];
const TEXTS = [...new Set([...PAIRS, ...SINGLE].flatMap(Object.values))];

/**
 * The examples of a data set, in arrays as they come.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a column that is not there, a text
 *   that is no string, what is no label
 */
export function readLabelled<Label>(
  source: RowInput,
  options: TextReading,
  labelColumn: LabelColumn<Label>,
): AsyncGenerator<TextExample<Label>[]> {
  return readTextExamples(source, options, requiredLabel(labelColumn, options));
}

/** The same of rows that need no label: null stands for one that is not there. The lines of .txt files are such rows, too. */
export function readPartlyLabelled<Label>(
  source: RowInput,
  options: TextReading,
  labelColumn: LabelColumn<Label>,
): AsyncGenerator<TextExample<Label | null>[]> {
  return readTextExamples(source, { ...options, takesLines: true }, optionalLabel(labelColumn, options));
}

/** The columns that the texts of all rows are read from. */
type ChosenColumns = TextColumns & { text: string };

/** Texts with what a function says of their rows. */
export async function* readTextExamples<Label>(
  source: RowInput,
  options: TextReading,
  labelOf: (row: Row, texts: ChosenColumns) => Label,
): AsyncGenerator<TextExample<Label>[]> {
  const { columns = {}, ...reading } = options;
  let chosen: ChosenColumns | undefined;
  for await (const rows of readRows(source, reading)) {
    chosen ??= chooseTextColumns(columns, rows[0]!, reading);
    const texts = chosen;
    const { text, textPair } = texts;
    yield readEach(rows, reading, (row) => ({
      text: textIn(row, text, "columns.text"),
      ...(textPair !== undefined && { textPair: textIn(row, textPair, "columns.textPair") }),
      label: labelOf(row, texts),
      location: row.location,
    }));
  }
}

/** Settles the text columns on the first row, so that every row is read the same way. */
function chooseTextColumns(
  { text, textPair, label }: TextColumns & { label?: string },
  row: Row,
  reading: RowReading,
): ChosenColumns {
  if (text !== undefined) return { text, textPair };
  const has = (names: object) => Object.values(names).every((name) => Object.hasOwn(row.fields, name));
  const defaults =
    PAIRS.find(has) ?? guessedPair(row, reading) ?? SINGLE.find(has) ?? guessedText(row, label, reading);
  if (defaults) {
    const chosen = { ...defaults, ...(textPair !== undefined && { textPair }) };
    tellPassedOver(
      row,
      { names: TEXTS.filter((name) => name !== label), read: Object.values(chosen), option: "columns.text" },
      reading,
    );
    return chosen;
  }
  throw missingColumn(row, ["text", "sentence", "sentence1"], "columns.text");
}

/** A row's label in the column of the first name that the first row has, or else that which `guessedLabel` finds. */
function requiredLabel<Label>(
  { names, parse }: LabelColumn<Label>,
  { columns = {}, ...reading }: TextReading,
): (row: Row, texts: ChosenColumns) => Label {
  const wanted = columns.label === undefined ? names : [columns.label];
  let column: string | undefined;
  return (row, texts) => {
    if (column === undefined) {
      column = firstOf(row, wanted);
      tellOtherLabels(row, { names: wanted, read: column }, texts, reading);
      if (columns.label === undefined) column ??= guessedLabel(row, texts, reading);
    }
    if (column === undefined || !Object.hasOwn(row.fields, column)) {
      throw missingColumn(row, column === undefined ? wanted : [column], "columns.label");
    }
    requireOwnColumn(row, column, texts);
    if (![column, texts.text, texts.textPair].includes("answer")) requireAccepted(row);
    return parse(row.fields[column], row, column);
  };
}

/** A row's label in the column of the first name that it has, or of the name that was given; null where there is none. */
function optionalLabel<Label>(
  { names, parse, isMissing }: LabelColumn<Label>,
  { columns = {}, ...reading }: TextReading,
): (row: Row, texts: ChosenColumns) => Label | null {
  const { label } = columns;
  let isTold = label !== undefined;
  return (row, texts) => {
    const column = label ?? firstOf(row, names);
    if (!isTold) tellOtherLabels(row, { names, read: column }, texts, reading);
    isTold = true;
    if (column === undefined) return null;
    if (!Object.hasOwn(row.fields, column)) throw missingColumn(row, [column], "columns.label");
    requireOwnColumn(row, column, texts);
    const value = row.fields[column];
    return isMissing(value) ? null : parse(value, row, column);
  };
}

function firstOf(row: Row, names: readonly string[]): string | undefined {
  return names.find((name) => Object.hasOwn(row.fields, name));
}

/** Tells of the columns of labels that a row has beside the one that is read. */
function tellOtherLabels(
  row: Row,
  { names, read }: { names: readonly string[]; read: string | undefined },
  { text, textPair }: ChosenColumns,
  reading: RowReading,
): void {
  const free = names.filter((name) => name !== text && name !== textPair);
  const option = "columns.label";
  tellPassedOver(row, { names: free, read: read === undefined ? [] : [read], option }, reading);
}

/** A label that is read from the text would be learned from itself. */
function requireOwnColumn({ location }: Row, column: string, { text, textPair }: ChosenColumns): void {
  if (column !== text && column !== textPair) return;
  const name = JSON.stringify(column);
  throw dataError(location, "a column for the label that is not the text's", `${name} for both`);
}
