import { excerpt, excerptAround, type Mistake, worstMistakes } from "../texts/mistakes.js";
import { answerGiven, type BestAnswers, type WindowLogits } from "./best-answers.js";
import { isLost } from "./encoded-questions.js";
import { squad2Scores } from "./squad-metrics.js";
import type { EncodedQuestion } from "./windows.js";

/**
 * The questions that a model was most wrong about.
 *
 * @param losses of each window
 * @param found question by question
 * @param threshold null where the model always gives an answer
 */
export function questionMistakes(
  logits: readonly WindowLogits[],
  losses: readonly number[],
  found: readonly BestAnswers[],
  threshold: number | null,
): Mistake<string | null>[] {
  const worst = new Map<EncodedQuestion, number>();
  for (const [index, { window }] of logits.entries())
    worst.set(window.question, Math.max(losses[index]!, worst.get(window.question) ?? -Infinity));
  const questions = [...worst.keys()];
  const given = found.map((answers) => answerGiven(answers, threshold ?? Infinity));
  const texts = questions.map(({ text, context, answers }, row) => {
    const place = answers.find(({ start }) => start !== null)?.start ?? given[row]?.start ?? 0;
    return [text, excerptAround(context.text, place)] as const;
  });
  const locations = questions.map(({ location }) => location);
  return worstMistakes({ texts, locations }, [...worst.values()], (row) => {
    const question = questions[row]!;
    const span = given[row] ?? null;
    const predicted = span && question.context.text.slice(span.start, span.end);
    const right = question.answers.map(({ text }) => text);
    if (isLost(question) || squad2Scores(predicted ?? "", right).exactMatch > 0) return null;
    const [expected] = right;
    return {
      expected: expected === undefined ? null : excerpt(expected),
      predicted: predicted && excerpt(predicted),
    };
  });
}
