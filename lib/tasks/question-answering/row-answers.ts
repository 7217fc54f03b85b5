import { dataError, quoted } from "../../data/data-error.js";
import type { Row } from "../../data/readers/row.js";
import { describe } from "../../errors.js";
import { toUtf16Offsets } from "../../tokenizer/utf16-offsets.js";

/** One right answer to a question, as the data set gives it. */
export interface RightAnswer {
  text: string;
  /** Where it starts in the context, in UTF-16 units; `null` where the context does not have this text. */
  start: number | null;
  /** It did not stand where the data set says: `start` is the nearest position that has it. */
  moved: boolean;
}

/** A text and where it is said to start. */
interface Claim {
  text: unknown;
  start: unknown;
  /** Names of the fields, for errors. */
  names: { text: string; start: string };
  /** Python's data sets count code points, JavaScript's own rows UTF-16 units. */
  unit: "code point" | "UTF-16";
}

/**
 * The answers of a row: a list of `{text, answer_start}` as in SQuAD, or of `{text, answerStart}`, or transformers'
 * `{text: [...], answer_start: [...]}`. `answer_start` counts code points, as Python does, `answerStart` UTF-16 units,
 * as JavaScript does. No answers mean that the context does not answer the question, as do answers whose texts are
 * empty, which SQuAD 2.0's script takes for none, whatever `is_impossible` says; beside answers it must not be true.
 * (`plausible_answers` are wrong ones.)
 *
 * @throws LibbertError ERR_DATA, naming the location: another structure, answers that `is_impossible` contradicts
 */
export function answersOf(row: Row, context: string): RightAnswer[] {
  const { location } = row;
  const { answers, is_impossible: impossible } = row.fields;
  const isMarked = impossible !== undefined && impossible !== null;
  if (isMarked && typeof impossible !== "boolean")
    throw dataError(location, "true or false for is_impossible", describe(impossible));
  if (impossible === true && (answers === undefined || answers === null)) return [];
  const claims = Array.isArray(answers) ? listedClaims(answers, row) : columnClaims(answers, row);
  const right = claims.filter(({ text }) => !isBlank(text)).map((claim) => locate(claim, context, location));
  if (impossible === true && right.length > 0)
    throw dataError(location, "no answer where is_impossible is true", describe(right[0]!.text));
  return right;
}

function isBlank(text: unknown): boolean {
  return typeof text === "string" && text.trim() === "";
}

function listedClaims(answers: readonly unknown[], { location }: Row): Claim[] {
  return answers.map((answer, index) => {
    if (typeof answer !== "object" || answer === null) {
      throw dataError(location, `an object for answers[${index}]`, describe(answer));
    }
    const { text, answerStart, answer_start } = answer as Record<string, unknown>;
    const [start, field, unit] =
      answerStart === undefined
        ? ([answer_start, "answer_start", "code point"] as const)
        : ([answerStart, "answerStart", "UTF-16"] as const);
    const names = { text: `answers[${index}].text`, start: `answers[${index}].${field}` };
    return { text, start, names, unit };
  });
}

function columnClaims(answers: unknown, { fields, location }: Row): Claim[] {
  const { text, answer_start: starts } = (answers ?? {}) as Record<string, unknown>;
  if (!Array.isArray(text) || !Array.isArray(starts)) {
    if (!("answers" in fields)) {
      throw dataError(location, 'a field named "answers"', `the fields ${quoted(Object.keys(fields))}`);
    }
    const wanted = "answers as [{text, answer_start}, ...] or {text: [...], answer_start: [...]}";
    throw dataError(location, wanted, describe(answers));
  }
  if (text.length !== starts.length) {
    throw dataError(
      location,
      `as many answer_start as text in answers (${text.length})`,
      String(starts.length),
    );
  }
  return text.map((one, index) => ({
    text: one,
    start: starts[index],
    names: { text: `answers.text[${index}]`, start: `answers.answer_start[${index}]` },
    unit: "code point",
  }));
}

function locate({ text, start, names, unit }: Claim, context: string, location: string): RightAnswer {
  if (typeof text !== "string") throw dataError(location, `a text for ${names.text}`, describe(text));
  if (!Number.isInteger(start) || (start as number) < 0) {
    throw dataError(location, `an integer from 0 for ${names.start}`, describe(start));
  }
  const claimed = unit === "UTF-16" ? (start as number) : utf16Offset(context, start as number);
  if (context.startsWith(text, claimed)) return { text, start: claimed, moved: false };
  const nearest = nearestPosition(context, text, claimed);
  return { text, start: nearest, moved: nearest !== null };
}

function utf16Offset(text: string, codePoints: number): number {
  const span: [number, number] = [codePoints, codePoints];
  toUtf16Offsets(text, [span]);
  return span[0] ?? text.length; // beyond the end
}

function nearestPosition(context: string, text: string, start: number): number | null {
  const before = context.lastIndexOf(text, start);
  const after = context.indexOf(text, start);
  if (before < 0 || after < 0) return before < 0 && after < 0 ? null : Math.max(before, after);
  return start - before <= after - start ? before : after;
}
