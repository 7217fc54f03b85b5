import type { TokenizerInput } from "../../tokenizer/text-tokenizer.js";
import type { SequenceExamples } from "./examples.js";

/** How many rows a report shows. */
const MISTAKES_SHOWN = 20;
/** Characters of a text that it shows. */
const EXCERPT_LENGTH = 500;

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
  /** The row's loss, by which the mistakes are sorted. */
  loss: number;
}

/**
 * The rows with the highest losses.
 *
 * @param losses one a row
 * @param answersOf what was expected and what was predicted; null where that is no mistake
 */
export function worstMistakes<Answer>(
  examples: Pick<SequenceExamples<unknown>, "texts" | "locations">,
  losses: readonly number[],
  answersOf: (row: number) => { expected: Answer; predicted: Answer } | null,
): Mistake<Answer>[] {
  const mistakes = losses
    .map((loss, row) => ({ row, loss, answers: answersOf(row) }))
    .filter(({ answers }) => answers !== null)
    .sort((a, b) => b.loss - a.loss)
    .slice(0, MISTAKES_SHOWN);
  return mistakes.map(({ row, loss, answers }) => ({
    ...textsOf(examples.texts![row]!),
    location: examples.locations[row]!,
    ...answers!,
    loss,
  }));
}

function textsOf(input: TokenizerInput): { text: string; textPair?: string } {
  if (typeof input === "string") return { text: excerpt(input) };
  return { text: excerpt(input[0]), textPair: excerpt(input[1]) };
}

function excerpt(text: string): string {
  return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH - 3)}...` : text;
}
