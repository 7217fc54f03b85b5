import type { Explanation } from "../../explanation/explanation.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import type { SequenceExamples } from "./examples.js";

/** How many mistakes a report has. */
export const MISTAKES_KEPT = 20;
/** Characters of a text that it shows. */
const EXCERPT_LENGTH = 500;

/** Why a model is wrong. */
export type MistakeExplanation = Pick<
  Explanation,
  "target" | "output" | "baseline" | "delta" | "isComplete" | "words"
>;

/** A row that a model was wrong about. */
export interface Mistake<Answer> {
  /** A long text only in part. */
  text: string;
  /** The second text of a pair; only in part where it is long. */
  textPair?: string;
  /** Where the row stands: `dev.tsv, line 12`. */
  location: string;
  /** What the row says. */
  expected: Answer;
  /** What the model says. */
  predicted: Answer;
  /** What each word adds to what the model says, where the run's `explainMistakes` asks for it. */
  explanation?: MistakeExplanation;
  /** How wrong it is, by which the mistakes are sorted: the row's loss, or what the task's report says. */
  loss: number;
}

/** What a report shows of the rows that a model was most wrong about. */
export interface MistakeReport<Answer> {
  /** The worst first. */
  worstMistakes: Mistake<Answer>[];
}

/**
 * The rows with the highest losses.
 *
 * @param examples of validation rows: those of training rows may have no texts
 * @param losses one a row
 * @param answersOf what was expected and what was predicted; null where that is no mistake
 */
export function worstMistakes<Answer>(
  { texts, locations }: Pick<SequenceExamples<unknown>, "texts" | "locations">,
  losses: ArrayLike<number>,
  answersOf: (row: number) => { expected: Answer; predicted: Answer } | null,
): Mistake<Answer>[] {
  const mistakes = Array.from(losses, (loss, row) => ({ row, loss, answers: answersOf(row) }))
    .filter(({ answers }) => answers !== null)
    .sort((a, b) => b.loss - a.loss)
    .slice(0, MISTAKES_KEPT);
  return mistakes.map(({ row, loss, answers }) => ({
    ...excerptsOf(texts![row]!),
    location: locations[row]!,
    ...answers!,
    loss,
  }));
}

function excerptsOf(input: TextInput): { text: string; textPair?: string } {
  if (typeof input === "string") return { text: excerpt(input) };
  return { text: excerpt(input[0]), textPair: excerpt(input[1]) };
}

/** A long text only in part. */
export function excerpt(text: string): string {
  return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH - 3)}...` : text;
}

/** Whether a text may be only a part of one. */
export function isExcerpt(text: string): boolean {
  return text.length === EXCERPT_LENGTH && (text.startsWith("...") || text.endsWith("..."));
}

/** The part of a long text around a place in it. */
export function excerptAround(text: string, place: number): string {
  if (place <= EXCERPT_LENGTH / 2) return excerpt(text);
  const latest = Math.max(0, text.length - EXCERPT_LENGTH);
  const start = Math.min(latest, place - EXCERPT_LENGTH / 2);
  return start === 0 ? text : `...${excerpt(text.slice(start)).slice(3)}`;
}
