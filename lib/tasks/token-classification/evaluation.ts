import { isDeepStrictEqual } from "node:util";
import { sumOf } from "../../arrays.js";
import { worstMistakes } from "../texts/mistakes.js";
import { predictedTags, scoresAt, spansOfTags, type TokenScores, textOf } from "./decode.js";
import { type EntityScoreReport, entityReport } from "./entity-scores.js";
import { strictEntitiesOf } from "./entity-spans.js";
import type { TaggingExamples } from "./examples.js";
import type { EntityFigures, EntityReport, TokenClassificationEvaluation } from "./prediction.js";
import type { EntityScheme, EntitySpan, TaggingScheme } from "./scheme.js";
import type { TaggedSentence } from "./sentences.js";

/** @param logProbabilities of each window of the examples, for each token one number a label */
export function tokenEvaluation(
  examples: TaggingExamples,
  logProbabilities: readonly TokenScores[],
  labels: readonly string[],
  scheme: TaggingScheme,
): TokenClassificationEvaluation {
  const { sentences, windows, emptyWords } = examples;
  const predicted = predictedTags(sentences, windows, logProbabilities, labels).map(({ tags }) => tags);
  const expected = sentences.map(({ tags }) => tags);
  const spansIn = (tags: string[]) => spansOfTags(tags, scheme);
  const found = { expected: expected.map(spansIn), predicted: predicted.map(spansIn) };
  const scores = entityReport(found.expected, found.predicted);
  const types = Object.entries(scores.types);
  const losses = sentenceLosses(examples, logProbabilities, labels.length);
  const words = expected.flat();
  const right = predicted.flat().filter((tag, word) => tag === words[word]).length;
  return {
    ...(scheme === "plain"
      ? { macroF1: types.reduce((sum, [, { f1 }]) => sum + f1, 0) / (types.length || 1) }
      : entityFigures(scores, expected, predicted, scheme)),
    accuracy: right / (words.length || 1),
    loss: sumOf(losses) / (words.length - emptyWords || 1),
    rows: sentences.length,
    words: words.length,
    emptyWords,
    report: {
      types: types.map(([label, scoresOfType]) => ({ label, ...scoresOfType })),
      worstMistakes: mistakes(sentences, losses, found),
    },
  };
}

function entityFigures(
  { f1, precision, recall, support }: EntityScoreReport,
  expected: readonly string[][],
  predicted: readonly string[][],
  scheme: EntityScheme,
): EntityFigures {
  const strict = (tags: readonly string[]) => strictEntitiesOf(tags, scheme);
  const strictScores = entityReport(expected.map(strict), predicted.map(strict));
  return {
    f1,
    precision,
    recall,
    strictF1: strictScores.f1,
    strictPrecision: strictScores.precision,
    strictRecall: strictScores.recall,
    entities: support,
  };
}

/** Sums of the cross entropies of each sentence's words. */
function sentenceLosses(
  { sentences, windows, classes }: TaggingExamples,
  logProbabilities: readonly TokenScores[],
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
