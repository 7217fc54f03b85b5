import { describe } from "../errors.js";
import { dataError } from "./data-error.js";
import { missingColumn, missingLabel, textIn } from "./readers/columns.js";
import type { Row } from "./readers/row.js";
import { type RowSource, readRows } from "./readers/rows.js";

/** A text, and what may follow it or answer a question about it. */
export interface ChoiceInput {
  context: string;
  /** What every choice begins with, or answers. */
  question?: string;
  /** At least two. */
  choices: string[];
}

/** One of them with the right choice. */
export interface ChoiceExample extends ChoiceInput {
  /** Index of the right choice, or null where the row does not tell. */
  label: number | null;
  /** Where it stands, for errors: `train.csv, line 12`. */
  place: string;
}

export interface ChoiceRowOptions {
  /** What errors call rows in memory. Default: no name. */
  name?: string;
  /** Take the first so many rows. Default: all. */
  limit?: number;
  /** Whether a row without a label is an error; otherwise its label is `null`. Default: true. */
  requireLabels?: boolean;
}

/**
 * The examples of a multiple-choice data set, one by one. A row has the columns of SWAG (`sent1`, `sent2`, `ending0`,
 * `ending1`, …), or `context`, `choices` (an array) and perhaps `question`; and `label`: the right choice's index, from
 * 0, or its text.
 *
 * @throws LibbertError ERR_DATA, naming the place: whatever `readRows` throws, a column that is not there, a text that
 *   is no string, fewer than two choices, another number of them than in the rows before, a label that is none of them
 */
export async function* readChoiceExamples(
  source: RowSource,
  options: ChoiceRowOptions = {},
): AsyncGenerator<ChoiceExample> {
  const { requireLabels = true, ...reading } = options;
  let number: number | undefined; // of choices
  for await (const row of readRows(source, reading)) {
    const input = choiceInputOf(row);
    number ??= input.choices.length;
    if (input.choices.length !== number) {
      throw dataError(row.place, `${number} choices, as in the rows before,`, String(input.choices.length));
    }
    const label = labelOf(row, input.choices);
    if (label === null && requireLabels) throw missingLabel(row, "label");
    yield { ...input, label, place: row.place };
  }
}

/**
 * A row without its label, as both formats have it.
 *
 * @throws LibbertError ERR_DATA, naming the place
 */
export function choiceInputOf(row: Row): ChoiceInput {
  return "sent1" in row.fields ? swagInput(row) : plainInput(row);
}

/**
 * The pairs of texts that the model compares: the context, and the question with a choice behind it.
 *
 * @returns one for each choice
 */
export function choicePairs({ context, question, choices }: ChoiceInput): [string, string][] {
  return choices.map((choice) => [context, question === undefined ? choice : `${question} ${choice}`]);
}

function swagInput(row: Row): ChoiceInput {
  const choices: string[] = [];
  while (`ending${choices.length}` in row.fields) choices.push(textIn(row, `ending${choices.length}`));
  if (choices.length < 2) throw missingColumn(row, `"ending${choices.length}"`);
  return { context: textIn(row, "sent1"), question: textIn(row, "sent2"), choices };
}

function plainInput(row: Row): ChoiceInput {
  const { question, choices } = row.fields;
  if (!("context" in row.fields)) throw missingColumn(row, '"context" (or "sent1")');
  if (!("choices" in row.fields)) throw missingColumn(row, '"choices"');
  const isList = Array.isArray(choices) && choices.every((choice) => typeof choice === "string");
  if (!isList) throw dataError(row.place, 'an array of strings in column "choices"', describe(choices));
  if (choices.length < 2) throw dataError(row.place, "at least two choices", String(choices.length));
  const hasQuestion = question !== undefined && question !== null;
  return {
    context: textIn(row, "context"),
    ...(hasQuestion && { question: textIn(row, "question") }),
    choices,
  };
}

/** The right choice's index, from an index or from a choice's text. */
function labelOf({ fields: { label }, place }: Row, choices: readonly string[]): number | null {
  if (label === undefined || label === null || label === "") return null;
  const named = typeof label === "string" ? choices.indexOf(label) : -1;
  const index = typeof label === "number" || /^\d+$/.test(String(label)) ? Number(label) : -1;
  const counted = choices[index] === undefined ? -1 : index;
  if (named >= 0 && counted >= 0 && named !== counted) {
    const received = `${describe(label)}, which is both choice ${counted} and the text of choice ${named}`;
    throw dataError(place, "an index that is a number, or the text of a choice, for the label", received);
  }
  if (named >= 0 || counted >= 0) return Math.max(named, counted);
  const what = `an index from 0 to ${choices.length - 1}, or the text of a choice, for the label`;
  throw dataError(place, what, describe(label));
}
