import { extname } from "node:path";
import { describe } from "../../errors.js";
import { dataError, quoted } from "../data-error.js";
import type { Row } from "../readers/row.js";
import { type RowSource, readRows } from "../readers/rows.js";
import { type Answer, answersOf } from "./answers.js";
import { readSquadJson } from "./squad-json.js";

/** A question about a text. */
export interface QuestionExample {
  id?: string;
  question: string;
  /** The text that may answer it. */
  context: string;
  /** The right answers; none where the context does not answer the question. */
  answers: Answer[];
  /** Where it stands, for errors: `dev.json, data[0].paragraphs[1].qas[2]`. */
  place: string;
}

export interface QuestionRowOptions {
  /** What errors call rows in memory. Default: no name. */
  name?: string;
  /** Take the first so many questions. Default: all. */
  limit?: number;
  /** Whether a row without the field `answers` is an error; otherwise it has none. Default: true. */
  requireAnswers?: boolean;
}

/**
 * The questions of a data set, one by one: of a .json file in SQuAD's form, or of whatever `readRows` reads, with the
 * fields `question`, `context`, `answers` (see `answersOf`), `id` (may be missing) and `is_impossible` (likewise).
 *
 * @throws LibbertError ERR_DATA, naming the place: whatever the readers throw, a field that is not there, or of
 *   another type
 */
export async function* readQuestions(
  source: RowSource,
  options: QuestionRowOptions = {},
): AsyncGenerator<QuestionExample> {
  const { name, limit = Number.POSITIVE_INFINITY, requireAnswers = true } = options;
  const isSquad = typeof source === "string" && extname(source).toLowerCase() === ".json";
  let count = 0;
  for await (const row of isSquad ? readSquadJson(source) : readRows(source, { name })) {
    const context = textOf(row, "context");
    const isLabelled = requireAnswers || row.fields.answers !== undefined;
    yield {
      ...idOf(row),
      question: textOf(row, "question"),
      context,
      answers: isLabelled ? answersOf(row, context) : [],
      place: row.place,
    };
    if (++count >= limit) return;
  }
  if (count === 0) throw dataError(source as string, "at least one question", "none");
}

function textOf(row: Row, field: "question" | "context"): string {
  const text = row.fields[field];
  if (typeof text === "string") return text;
  if (text === undefined) {
    throw dataError(
      row.place,
      `a field named ${JSON.stringify(field)}`,
      `the fields ${quoted(Object.keys(row.fields))}`,
    );
  }
  throw dataError(row.place, `a string for ${field}`, describe(text));
}

function idOf({ fields: { id }, place }: Row): { id?: string } {
  if (id === undefined || id === null) return {};
  if (typeof id === "string" || typeof id === "number") return { id: String(id) };
  throw dataError(place, "a string or a number for id", describe(id));
}
