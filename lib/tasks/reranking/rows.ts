import { dataError } from "../../data/data-error.js";
import { negativeColumns } from "../../data/negative-columns.js";
import { missingColumn, textIn, textsIn } from "../../data/readers/columns.js";
import { readable, readEach } from "../../data/readers/each-row.js";
import { finiteScore } from "../../data/readers/finite-score.js";
import { fieldOf, type Row } from "../../data/readers/row.js";
import { type RowInput, type RowReading, readRows } from "../../data/readers/rows.js";
import { tellUnread } from "../../data/unread-columns.js";
import { describe } from "../../errors.js";
import { LABEL_COLUMNS, type RankingColumns, TEXT_COLUMNS } from "./columns.js";

/** A query with documents. */
interface QueryDocuments {
  query: string;
  documents: string[];
  /** How many of them, at the end, come from columns of negatives. */
  negatives: number;
  /** Whether the row holds a list, and not one document alone. */
  isList: boolean;
  /** Where it stands, for errors: `train.csv, line 12`. */
  location: string;
}

/** The same, with what is right. */
export interface RankingExample extends QueryDocuments {
  /** How relevant each document is: the more, the better it answers the query. */
  labels: number[];
}

type Reading = RowReading & {
  columns?: RankingColumns;
  /** Whether rows may have no label: all of them are 0 then. Default: false */
  mayLackLabels?: boolean;
};

/**
 * The examples of a data set for ranking, in arrays as they come. All rows are lists, or none is.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a column that is not there, a text that is no
 *   string, a label that is no finite number, another number of labels than of documents, a list among pairs
 */
export async function* readRankingExamples(
  source: RowInput,
  { columns = {}, mayLackLabels = false, ...reading }: Reading,
): AsyncGenerator<RankingExample[]> {
  let label: string | undefined;
  let isBegun = false;
  for await (const { rows, names } of queryDocuments(source, { columns, ...reading })) {
    const [first] = rows;
    if (first === undefined) continue; // of none of the rows can anything be read
    if (!isBegun) {
      label = columns.label ?? LABEL_COLUMNS.find((name) => Object.hasOwn(first[0].fields, name));
      tellUnread(first[0], [label ?? "", names.query, names.documents, ...names.negatives], reading);
    }
    isBegun = true;
    const areWithout = mayLackLabels && label === undefined;
    yield rows.flatMap(([row, read]) => {
      if (areWithout) return [{ ...read, labels: read.documents.map(() => 0) }];
      const labels = readable(row.location, reading, () => labelsOf(row, read, label));
      return labels === undefined ? [] : [{ ...read, labels }];
    });
  }
}

/** Every query with each of its documents, in arrays as they come; labels are not needed. @throws LibbertError ERR_DATA, as above */
export async function* readRankingInputs(
  source: RowInput,
  reading: Reading,
): AsyncGenerator<{ query: string; document: string }[]> {
  for await (const { rows } of queryDocuments(source, reading))
    yield rows.flatMap(([, { query, documents }]) => documents.map((document) => ({ query, document })));
}

async function* queryDocuments(
  source: RowInput,
  { columns = {}, ...reading }: Reading,
): AsyncGenerator<{ rows: [Row, QueryDocuments][]; names: ColumnsOfTexts }> {
  let names: ColumnsOfTexts | undefined;
  let areLists: boolean | undefined;
  for await (const rows of readRows(source, reading)) {
    names ??= chooseColumns(columns, rows[0]!);
    const read = readEach(rows, reading, (row): [Row, QueryDocuments] => {
      const documents = documentsOf(row, names!);
      areLists ??= documents.isList;
      if (documents.isList === areLists) return [row, documents];
      const [wanted, received] = areLists ? ["a list of documents", "one"] : ["one document", "a list"];
      throw dataError(row.location, `${wanted}, as in the rows before,`, received);
    });
    yield { rows: read, names };
  }
}

interface ColumnsOfTexts {
  query: string;
  documents: string;
  negatives: readonly string[];
}

/** Settles the columns on the first row, so that every row is read the same way. */
function chooseColumns({ text, textPair, negative }: RankingColumns, row: Row): ColumnsOfTexts {
  const has = (name: string) => Object.hasOwn(row.fields, name);
  const found = TEXT_COLUMNS.find(
    ([query, documents]) => (text !== undefined || has(query)) && (textPair !== undefined || has(documents)),
  );
  const query = text ?? found?.[0];
  const documents = textPair ?? found?.[1];
  const queries = TEXT_COLUMNS.map(([name]) => name);
  if (query === undefined && !queries.some(has)) throw missingColumn(row, queries, "columns.text");
  if (query === undefined || documents === undefined)
    throw missingColumn(
      row,
      TEXT_COLUMNS.map(([, name]) => name),
      "columns.textPair",
    );
  return { query, documents, negatives: negative === undefined ? negativeColumns(row) : [negative] };
}

function documentsOf(row: Row, columns: ColumnsOfTexts): QueryDocuments {
  const own = textsIn(row, columns.documents, "columns.textPair");
  const negatives = columns.negatives.flatMap((column) => textsIn(row, column, "columns.negative"));
  const documents = [...own, ...negatives];
  if (documents.length === 0)
    throw dataError(row.location, `a document in column ${JSON.stringify(columns.documents)}`, "none");
  return {
    query: textIn(row, columns.query, "columns.text"),
    documents,
    negatives: negatives.length,
    isList: columns.negatives.length > 0 || Array.isArray(fieldOf(row, columns.documents)),
    location: row.location,
  };
}

function labelsOf(row: Row, read: QueryDocuments, column: string | undefined): number[] {
  const { documents, negatives, isList } = read;
  if (column === undefined) {
    if (negatives === 0) throw missingColumn(row, LABEL_COLUMNS, "columns.label");
    return documents.map((_, index) => (index < documents.length - negatives ? 1 : 0));
  }
  const value = fieldOf(row, column);
  if (value === undefined) throw missingColumn(row, [column], "columns.label");
  if (!isList) return [finiteScore(row, column, value)];
  const count = Array.isArray(value) ? value.length : describe(value);
  if (count !== documents.length) {
    const what = `${documents.length} numbers in column ${JSON.stringify(column)}, one for each document,`;
    throw dataError(row.location, what, String(count));
  }
  return (value as unknown[]).map((label) => finiteScore(row, column, label));
}
