import { isDeepStrictEqual } from "node:util";
import { worstMistakes } from "../texts/mistakes.js";
import { predictedTags, scoresAt, textOf } from "./decode.js";
import { entityReport } from "./entity-scores.js";
import { entitiesOf, strictEntitiesOf } from "./entity-spans.js";
import type { TaggingExamples } from "./examples.js";
import type { EntityReport, TokenClassificationEvaluation } from "./prediction.js";
import type { EntitySpan, TaggingScheme } from "./scheme.js";
import type { TaggedSentence } from "./sentences.js";

/** @param logProbabilities of each window of the examples, for each token one number a label */
export function tokenEvaluation(
  examples: TaggingExamples,
  logProbabilities: readonly Float32Array[],
  labels: readonly string[],
  scheme: TaggingScheme,
): TokenClassificationEvaluation {
  const { sentences, windows, emptyWords } = examples;
  const predicted = predictedTags(sentences, windows, logProbabilities, labels).map(({ tags }) => tags);
  const expected = sentences.map(({ tags }) => tags);
  const strict = (tags: string[]) => strictEntitiesOf(tags, scheme);
  const found = { expected: expected.map(entitiesOf), predicted: predicted.map(entitiesOf) };
  const { f1, precision, recall, support, types } = entityReport(found.expected, found.predicted);
  const strictScores = entityReport(expected.map(strict), predicted.map(strict));
  const losses = sentenceLosses(examples, logProbabilities, labels.length);
  const words = expected.flat();
  const right = predicted.flat().filter((tag, word) => tag === words[word]).length;
  return {
    f1,
    precision,
    recall,
    strictF1: strictScores.f1,
    strictPrecision: strictScores.precision,
    strictRecall: strictScores.recall,
    accuracy: right / (words.length || 1),
    loss: losses.reduce((sum, loss) => sum + loss, 0) / (words.length - emptyWords || 1),
    entities: support,
    rows: sentences.length,
    words: words.length,
    emptyWords,
    report: {
      types: Object.entries(types).map(([label, scoresOfType]) => ({ label, ...scoresOfType })),
      worstMistakes: mistakes(sentences, losses, found),
    },
  };
}

/** Sums of the cross entropies of each sentence's words. */
function sentenceLosses(
  { sentences, windows, classes }: TaggingExamples,
  logProbabilities: readonly Float32Array[],
  numLabels: number,
): number[] {
  const losses: number[] = Array(sentences.length).fill(0);
  for (const [index, { sentence, positions }] of windows.entries()) {
    for (const [nth, token] of positions.entries()) {
      losses[sentence]! -= scoresAt(logProbabilities[index]!, token, numLabels)[classes[index]![nth]!]!;
    }
  }
  return losses;
}

function mistakes(
  sentences: readonly TaggedSentence[],
  losses: readonly number[],
  { expected, predicted }: Record<"expected" | "predicted", EntitySpan[][]>,
): EntityReport["worstMistakes"] {
  const texts = sentences.map(({ text }) => text);
  const locations = sentences.map(({ location }) => location);
  const mentions = (entities: EntitySpan[], row: number) =>
    entities.map((entity) => ({ label: entity.type, text: textOf(sentences[row]!, entity).text }));
  return worstMistakes({ texts, locations }, losses, (row) => {
    const [should, found] = [expected[row]!, predicted[row]!];
    if (isDeepStrictEqual(should, found)) return null;
    return { expected: mentions(should, row), predicted: mentions(found, row) };
  });
}
