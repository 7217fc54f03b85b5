import { dataError } from "./data-error.js";
import { negativeColumns } from "./negative-columns.js";
import { missingColumn, textIn, textsIn } from "./readers/columns.js";
import { readEach } from "./readers/each-row.js";
import { finiteScore } from "./readers/finite-score.js";
import { fieldOf, type Row } from "./readers/row.js";
import { type RowInput, type RowReading, readRows } from "./readers/rows.js";
import { tellUnread } from "./unread-columns.js";

/** The texts of a row: an anchor, what is like it, and perhaps what is not; or two texts, and how alike they are. */
export interface VectorExample {
  texts: string[];
  score?: number;
  /** Where it stands, for errors: `train.csv, line 12`. */
  location: string;
}

/** The names of the columns to read. */
export interface VectorColumns {
  /** Default: `anchor`, `query` or `question`, or beside a score `sentence1` or `text`. */
  text?: string;
  /** Default: `positive`, `document` or `answer`, or beside a score `sentence2` or `textPair`. */
  textPair?: string;
  /** Default: `negative`, `negative_1` and so on, or `negatives`, an array; where there are any. */
  negative?: string;
  /** Default: `score` or `label`, where there is one and no negative. */
  label?: string;
}

/** Default columns for an anchor and its positive; the first that fit win. */
const PAIRS = [
  ["anchor", "positive"],
  ["query", "positive"],
  ["query", "document"],
  ["question", "answer"],
  ["sentence1", "sentence2"],
  ["text", "textPair"],
] as const;

/** Default columns for a text alone. */
const SINGLE = ["text", "sentence", "anchor", "query", "question", "document"];

const SCORES = ["score", "label"];

/** How rows of texts are read. */
export interface VectorReading extends RowReading {
  columns?: VectorColumns;
  /** Whether rows may have a text alone, as the lines of .txt files do. Default: false */
  mayBeSingle?: boolean;
}

/**
 * The examples of a data set for vectors, in arrays as they come. All rows have as many texts as the first.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a column that is not there, a text that is no
 *   string or empty, a score that is no finite number, another number of texts than in the rows before
 */
export async function* readVectorExamples(
  source: RowInput,
  { columns, mayBeSingle = false, ...reading }: VectorReading,
): AsyncGenerator<VectorExample[]> {
  let names: ColumnsOfTexts | undefined;
  let count: number | undefined; // of texts
  for await (const rows of readRows(source, { ...reading, takesLines: mayBeSingle })) {
    if (names === undefined) {
      names = chooseColumns(columns ?? {}, rows[0]!, mayBeSingle);
      const { named, negatives, score } = names;
      if (named.length > 1)
        tellUnread(rows[0]!, [...named, ...negatives, ...(score === undefined ? [] : [score])], reading);
    }
    yield readEach(rows, reading, (row) => {
      const read = exampleOf(row, names!);
      count ??= read.texts.length;
      if (read.texts.length === count) return read;
      throw dataError(row.location, `${count} texts, as in the rows before,`, String(read.texts.length));
    });
  }
}

interface ColumnsOfTexts {
  /** The anchor's and its positive's, or of a text alone. */
  named: readonly string[];
  negatives: readonly string[];
  score: string | undefined;
}

/** The options that name the first two. */
const NAMING = ["columns.text", "columns.textPair"];

/** Settles the columns on the first row, so that every row is read the same way. */
function chooseColumns(
  { text, textPair, negative, label }: VectorColumns,
  row: Row,
  mayBeSingle: boolean,
): ColumnsOfTexts {
  const has = (name: string) => Object.hasOwn(row.fields, name);
  const found = PAIRS.find((names) => names.every(has)) ?? PAIRS.find(([first]) => has(first));
  const anchor = text ?? found?.[0];
  const positive = textPair ?? found?.[1];
  const single = text ?? SINGLE.find(has);
  const isPair = textPair !== undefined || (positive !== undefined && has(positive));
  if (mayBeSingle && !isPair && single !== undefined)
    return { named: [single], negatives: [], score: undefined };
  if (anchor === undefined)
    throw missingColumn(
      row,
      PAIRS.map(([name]) => name),
      "columns.text",
    );
  if (positive === undefined || (textPair === undefined && !has(positive)))
    throw missingColumn(
      row,
      PAIRS.map(([, name]) => name),
      "columns.textPair",
    );
  const negatives = negative === undefined ? negativeColumns(row) : [negative];
  const scores = label ?? (negatives.length === 0 ? SCORES.find(has) : undefined);
  return { named: [anchor, positive], negatives, score: scores };
}

function exampleOf(row: Row, { named, negatives, score }: ColumnsOfTexts): VectorExample {
  const texts = [
    ...named.map((column, index) => filled(textIn(row, column, NAMING[index]), row, column)),
    ...negatives.flatMap((column) =>
      textsIn(row, column, "columns.negative").map((text) => filled(text, row, column)),
    ),
  ];
  if (score === undefined) return { texts, location: row.location };
  const value = fieldOf(row, score);
  if (value === undefined) throw missingColumn(row, [score], "columns.label");
  return { texts, score: finiteScore(row, score, value), location: row.location };
}

function filled(text: string, row: Row, column: string): string {
  if (text.trim() !== "") return text;
  throw dataError(row.location, `a text in column ${JSON.stringify(column)}`, "an empty one");
}
