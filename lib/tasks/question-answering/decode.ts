import { type AnswerSpan, answerGiven, type BestAnswers, type NoAnswer } from "./best-answers.js";
import type { Answer, AnswerPrediction } from "./prediction.js";

/**
 * The prediction that the answers found for one question come to.
 *
 * @param threshold of `noAnswerScore`, above which there is no answer; null where there always is one
 * @param nBest how many of the best to give besides
 */
export function predictionOf(
  found: BestAnswers,
  context: string,
  threshold: number | null,
  nBest = 0,
): AnswerPrediction {
  const answerOf = ({ start, end, score }: AnswerSpan | NoAnswer): Answer =>
    start === null
      ? { answer: null, start, end, score }
      : { answer: context.slice(start, end), start, end, score };
  const given = answerGiven(found, threshold ?? Infinity);
  const best = given ?? found.noAnswer;
  return {
    ...(best ? answerOf(best) : { answer: null, start: null, end: null, score: 0 }),
    ...(nBest > 0 && { nBest: found.kept.slice(0, nBest).map(answerOf) }),
  };
}
