import type { BestAnswers, WindowLogits } from "./best-answers.js";
import { isLost } from "./encoded-questions.js";
import type { QuestionExamples } from "./examples.js";
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
  const figures = asSquad2 ? squad2Figures(rows, threshold ?? Infinity) : squadMetrics(rows);
  return {
    exactMatch: figures.exactMatch,
    f1: figures.f1,
    loss: meanLoss(logits),
    rows: rows.length,
    windows: logits.length,
    movedAnswers,
    lostAnswers,
    cutQuestions,
    ...("parts" in figures && figures.parts),
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

/** Mean over the windows whose answer is known of the cross entropies of start and end. */
function meanLoss(logits: readonly WindowLogits[]): number {
  const known = logits.filter(({ window }) => !isLost(window.question));
  let sum = 0;
  for (const { window, start, end } of known) {
    const right = answerPositions(window);
    sum += crossEntropy(start, right.start) + crossEntropy(end, right.end);
  }
  return sum / (2 * known.length);
}

function crossEntropy(logits: Float32Array, right: number): number {
  const highest = logits.reduce((most, logit) => Math.max(most, logit));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return highest + Math.log(sum) - logits[right]!;
}
