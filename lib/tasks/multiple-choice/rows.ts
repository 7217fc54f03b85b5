import { dataError } from "../../data/data-error.js";
import { missingColumn, missingLabel, textIn } from "../../data/readers/columns.js";
import { readEach } from "../../data/readers/each-row.js";
import type { Row } from "../../data/readers/row.js";
import { type RowInput, type RowReading, readRows } from "../../data/readers/rows.js";
import { describe } from "../../errors.js";
import type { ChoiceInput } from "./prediction.js";

/** A text with its choices, and which of them is right. */
export interface ChoiceExample extends ChoiceInput {
  /** Index of the right choice. */
  label: number;
  /** Where it stands, for errors: `train.csv, line 12`. */
  location: string;
}

/**
 * The examples of a multiple-choice data set, in arrays as they come. A row has the columns of SWAG (`sent1`,
 * `sent2`, `ending0`, `ending1`, …), or `context`, `choices` (an array) and perhaps `question`; and `label`: the right
 * choice's index, from 0, or its text.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a column that is not there, a text that
 *   is no string, fewer than two choices, another number of them than in the rows before, a label that is none of them
 */
export async function* readChoiceExamples(
  source: RowInput,
  options: RowReading = {},
): AsyncGenerator<ChoiceExample[]> {
  let number: number | undefined; // of choices
  for await (const rows of readRows(source, options)) {
    yield readEach(rows, options, (row) => {
      const input = choiceInputOf(row);
      const { length } = input.choices;
      number ??= length;
      if (length !== number)
        throw dataError(row.location, `${number} choices, as in the rows before,`, String(length));
      return { ...input, label: labelOf(row, input.choices), location: row.location };
    });
  }
}

/**
 * A row without its label, as both formats have it.
 *
 * @throws LibbertError ERR_DATA, naming the location
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
  if (choices.length < 2) throw missingColumn(row, [`ending${choices.length}`]);
  return { context: textIn(row, "sent1"), question: textIn(row, "sent2"), choices };
}

function plainInput(row: Row): ChoiceInput {
  const { question, choices } = row.fields;
  if (!("context" in row.fields)) throw missingColumn(row, ["context", "sent1"]);
  if (!("choices" in row.fields)) throw missingColumn(row, ["choices"]);
  const isList = Array.isArray(choices) && choices.every((choice) => typeof choice === "string");
  if (!isList) throw dataError(row.location, 'an array of strings in column "choices"', describe(choices));
  if (choices.length < 2) throw dataError(row.location, "at least two choices", String(choices.length));
  const hasQuestion = question !== undefined && question !== null;
  return {
    context: textIn(row, "context"),
    ...(hasQuestion && { question: textIn(row, "question") }),
    choices,
  };
}

/** The right choice's index, from an index or from a choice's text. */
function labelOf(row: Row, choices: readonly string[]): number {
  const { label: given } = row.fields;
  const label = typeof given === "string" ? given.trim() : given;
  if (label === undefined || label === null || label === "") throw missingLabel(row, "label");
  const named = typeof label === "string" ? choices.findIndex((choice) => choice.trim() === label) : -1;
  const isNumber = typeof label === "number" || typeof label === "bigint";
  const index = isNumber || (typeof label === "string" && /^\d+$/.test(label)) ? Number(label) : -1;
  const counted = choices[index] === undefined ? -1 : index;
  if (named >= 0 && counted >= 0 && named !== counted) {
    const received = `${describe(label)}, which is both choice ${counted} and the text of choice ${named}`;
    throw dataError(
      row.location,
      "an index that is a number, or the text of a choice, for the label",
      received,
    );
  }
  if (named >= 0 || counted >= 0) return Math.max(named, counted);
  const what = `an index from 0 to ${choices.length - 1}, or the text of a choice, for the label`;
  throw dataError(row.location, what, describe(label));
}
