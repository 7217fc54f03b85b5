import type { EntitySpan, TaggingScheme } from "../../data/tagging/scheme.js";
import type { TaggedSentence } from "../../data/tagging/sentences.js";
import { entityReport } from "../../metrics/entities.js";
import { entitiesOf, strictEntitiesOf } from "../../metrics/entity-spans.js";
import { predictedTags, scoresAt, textOf } from "./decode.js";
import type { TaggingExamples } from "./examples.js";
import type { EntityMistake, TokenClassificationEvaluation } from "./prediction.js";

const MOST_MISTAKES = 10;

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
  const { types, support, ...scores } = entityReport(found.expected, found.predicted);
  const strictScores = entityReport(expected.map(strict), predicted.map(strict));
  const losses = sentenceLosses(examples, logProbabilities, labels.length);
  const words = expected.flat();
  const right = predicted.flat().filter((tag, word) => tag === words[word]).length;
  return {
    ...scores,
    strictF1: strictScores.f1,
    strictPrecision: strictScores.precision,
    strictRecall: strictScores.recall,
    accuracy: right / (words.length || 1),
    loss: losses.reduce((sum, loss) => sum + loss, 0) / (words.length - emptyWords || 1),
    entities: support,
    rows: sentences.length,
    words: words.length,
    emptyWords,
    report: { types, worstMistakes: worstMistakes(sentences, losses, found) },
  };
}

/** Sums of the cross entropies of each sentence's words. */
function sentenceLosses(
  { sentences, windows, classes }: TaggingExamples,
  logProbabilities: readonly Float32Array[],
  numLabels: number,
): Float64Array {
  const losses = new Float64Array(sentences.length);
  for (const [index, { sentence, positions }] of windows.entries()) {
    for (const [place, token] of positions.entries()) {
      losses[sentence]! -= scoresAt(logProbabilities[index]!, token, numLabels)[classes[index]![place]!]!;
    }
  }
  return losses;
}

function worstMistakes(
  sentences: readonly TaggedSentence[],
  losses: Float64Array,
  { expected, predicted }: Record<"expected" | "predicted", EntitySpan[][]>,
): EntityMistake[] {
  const shown = (sentence: TaggedSentence, entities: EntitySpan[]) =>
    entities.map((entity) => ({ label: entity.type, text: textOf(sentence, entity).text }));
  return [...sentences.keys()]
    .filter((index) => JSON.stringify(expected[index]) !== JSON.stringify(predicted[index]))
    .sort((a, b) => losses[b]! - losses[a]!)
    .slice(0, MOST_MISTAKES)
    .map((index) => {
      const sentence = sentences[index]!;
      return {
        place: sentence.place,
        text: sentence.text,
        loss: losses[index]!,
        expected: shown(sentence, expected[index]!),
        predicted: shown(sentence, predicted[index]!),
      };
    });
}
