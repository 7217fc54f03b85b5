import type { ClassScores } from "../../metrics/classification.js";
import { alignedColumns, figure } from "../../text-format.js";
import type { Mistake, MistakeReport } from "./mistakes.js";

/** How many mistakes are shown; `--json` has more. */
const MISTAKES_SHOWN = 5;
/** Characters of a text that a line shows. */
const TEXT_WIDTH = 100;

/**
 * Scores of each label, and the threshold that they are of, where there is one.
 *
 * @param heading of the labels' column
 */
export function labelTable(
  labels: readonly ({ label: string; threshold?: number } & ClassScores)[],
  heading = "label",
): string {
  const names = ["precision", "recall", "f1", "support"] as const;
  const columns = labels[0]?.threshold === undefined ? names : ([...names, "threshold"] as const);
  return alignedColumns([
    [heading, ...columns],
    ...labels.map((scores) => [scores.label, ...columns.map((name) => figure(scores[name]!))]),
  ]);
}

/** What is said of a report that has mistakes alone. */
export function mistakeText(report: object): string {
  const { worstMistakes } = report as MistakeReport<string | number | null>;
  return mistakeLines(worstMistakes, answerText).join("\n");
}

function answerText(answer: string | number | null): string {
  if (answer === null) return "no answer";
  return typeof answer === "number" ? figure(answer) : inOneLine(JSON.stringify(answer));
}

/** The worst mistakes, or nothing where there are none. @param answerText an answer as people read it */
export function mistakeLines<Answer>(
  mistakes: readonly Mistake<Answer>[],
  answerText: (answer: Answer) => string,
): string[] {
  if (mistakes.length === 0) return [];
  const lines = mistakes.slice(0, MISTAKES_SHOWN).map((mistake) => {
    const { location, expected, predicted, text, textPair } = mistake;
    const texts = [text, ...(textPair === undefined ? [] : [textPair])].map(inOneLine);
    return `${location}: expected ${answerText(expected)}, predicted ${answerText(predicted)}\n  ${texts.join("\n  ")}`;
  });
  return [`worst mistakes\n${lines.join("\n")}`];
}

function inOneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > TEXT_WIDTH ? `${line.slice(0, TEXT_WIDTH - 3)}...` : line;
}
