import { meanOf } from "../../arrays.js";
import type { BestAnswers, WindowLogits } from "./best-answers.js";
import { isLost } from "./encoded-questions.js";
import type { QuestionExamples } from "./examples.js";
import { questionMistakes } from "./mistakes.js";
import type { QuestionEvaluation } from "./prediction.js";
import { type DoubtedQuestion, squad2Metrics, squadMetrics, workingThreshold } from "./squad-metrics.js";
import { answerPositions } from "./windows.js";

/**
 * The figures of the answers to questions.
 *
 * @param logits of all windows
 * @param found what they came to, question by question
 * @param threshold null where the model always gives an answer
 */
export function questionEvaluation(
  examples: QuestionExamples,
  logits: readonly WindowLogits[],
  found: readonly BestAnswers[],
  threshold: number | null,
): QuestionEvaluation {
  const { questions, movedAnswers, lostAnswers, cutQuestions } = examples;
  const rows = questions.map(({ context, answers }, row) => {
    const { span, noAnswerScore } = found[row]!;
    const prediction = span === null ? "" : context.text.slice(span.start, span.end);
    return { prediction, answers: answers.map(({ text }) => text), noAnswerScore };
  });
  const asSquad2 = threshold !== null || rows.some(({ answers }) => answers.length === 0);
  const losses = logits.map(windowLoss);
  const known = losses.filter((_, index) => !isLost(logits[index]!.window.question));
  const figures = asSquad2 ? squad2Figures(rows, threshold ?? Infinity) : squadMetrics(rows);
  return {
    exactMatch: figures.exactMatch,
    f1: figures.f1,
    loss: meanOf(known),
    rows: rows.length,
    windows: logits.length,
    movedAnswers,
    lostAnswers,
    cutQuestions,
    ...("parts" in figures && figures.parts),
    report: { worstMistakes: questionMistakes(logits, losses, found, threshold) },
  };
}

function squad2Figures(rows: readonly DoubtedQuestion[], threshold: number) {
  const { exactMatch, f1, hasAnswer, noAnswer, ...best } = squad2Metrics(rows, threshold);
  const parts = {
    ...(hasAnswer && {
      hasAnswerExactMatch: hasAnswer.exactMatch,
      hasAnswerF1: hasAnswer.f1,
      hasAnswerRows: hasAnswer.questions,
    }),
    ...(noAnswer && {
      noAnswerExactMatch: noAnswer.exactMatch,
      noAnswerF1: noAnswer.f1,
      noAnswerRows: noAnswer.questions,
    }),
    bestExactMatch: best.bestExactMatch,
    bestExactMatchThreshold: workingThreshold(rows, "exactMatch", best.bestExactMatchThreshold),
    bestF1: best.bestF1,
    bestF1Threshold: workingThreshold(rows, "f1", best.bestF1Threshold),
  };
  return { exactMatch, f1, parts };
}

/** The mean of the cross entropies of start and end. */
function windowLoss({ window, start, end }: WindowLogits): number {
  const right = answerPositions(window);
  return (crossEntropy(start, right.start) + crossEntropy(end, right.end)) / 2;
}

function crossEntropy(logits: Float32Array, right: number): number {
  const highest = logits.reduce((most, logit) => Math.max(most, logit));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return highest + Math.log(sum) - logits[right]!;
}
