import { dataError, quoted } from "../../data/data-error.js";
import { requireExact } from "../../data/exact-integers.js";
import { fromEach } from "../../data/readers/each-file.js";
import { readEach } from "../../data/readers/each-row.js";
import { formOf } from "../../data/readers/file-form.js";
import type { Row } from "../../data/readers/row.js";
import { type RowInput, type RowReading, readRowFile, readRows } from "../../data/readers/rows.js";
import { describe } from "../../errors.js";
import { areFiles, type Format } from "../../options/row-options.js";
import { answersOf, type RightAnswer } from "./row-answers.js";
import { readSquadJson } from "./squad-json.js";

/** A question about a text. */
export interface QuestionExample {
  id?: string;
  question: string;
  /** The text that may answer it. */
  context: string;
  /** The right answers; none where the context does not answer the question. */
  answers: RightAnswer[];
  /** Where it stands, for errors: `dev.json, data[0].paragraphs[1].qas[2]`. */
  location: string;
}

export interface QuestionRowOptions extends Pick<RowReading, "name" | "limit" | "onRow" | "onBrokenRow"> {
  /** The form of all files, whatever their names. Default: what the name ends in */
  format?: Format;
  /** Whether answers are read; otherwise there are none. Default: true. */
  hasAnswers?: boolean;
}

/**
 * The questions of a data set, in arrays as they come: of .json files in SQuAD's form, or of whatever `readRows`
 * reads, with the fields `question`, `context`, `answers` (see `answersOf`), `id` (may be missing) and `is_impossible`
 * (likewise).
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever the readers throw, a field that is not there, or of
 *   another type
 */
export async function* readQuestions(
  source: RowInput,
  options: QuestionRowOptions = {},
): AsyncGenerator<QuestionExample[]> {
  const { hasAnswers = true, ...reading } = options;
  const rows = areFiles(source)
    ? fromEach(source, reading.limit, (path, limit) => readFile(path, { ...reading, limit }))
    : readRows(source, reading);
  for await (const some of rows) yield readEach(some, reading, (row) => questionOf(row, hasAnswers));
}

function readFile(path: string, reading: RowReading): AsyncGenerator<Row[]> {
  return formOf(path, reading.format) === ".json" ? readSquadJson(path, reading) : readRowFile(path, reading);
}

/** A row as a question. @param hasAnswers whether its answers are read @throws LibbertError ERR_DATA, naming the location */
export function questionOf(row: Row, hasAnswers: boolean): QuestionExample {
  const context = textOf(row, "context");
  return {
    ...idOf(row),
    question: textOf(row, "question"),
    context,
    answers: hasAnswers ? answersOf(row, context) : [],
    location: row.location,
  };
}

function textOf(row: Row, field: "question" | "context"): string {
  const text = row.fields[field];
  if (typeof text === "string") return text;
  if (text === undefined) {
    throw dataError(
      row.location,
      `a field named ${JSON.stringify(field)}`,
      `the fields ${quoted(Object.keys(row.fields))}`,
    );
  }
  throw dataError(row.location, `a string for ${field}`, describe(text));
}

function idOf({ fields: { id }, location }: Row): { id?: string } {
  if (id === undefined || id === null) return {};
  requireExact(id, location, "id");
  if (typeof id === "string" || typeof id === "number" || typeof id === "bigint") return { id: String(id) };
  throw dataError(location, "a string or a number for id", describe(id));
}
