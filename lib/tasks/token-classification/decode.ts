import { argmax, meanOf } from "../../arrays.js";
import { logProbabilitiesOf } from "../../calibration/scored-row.js";
import { entitiesOf } from "./entity-spans.js";
import type { EntityPrediction } from "./prediction.js";
import { type EntitySpan, OUTSIDE, type TaggingScheme } from "./scheme.js";
import type { TokenWindow } from "./token-windows.js";
import type { TokenizedWords } from "./words.js";

/** The likeliest tag of each word of a sentence. */
export interface TagPredictions {
  /** `O` for words without a token. */
  tags: string[];
  /** Each tag's probability; 1 for words without a token. */
  probabilities: Float32Array;
}

/**
 * The tags of all sentences' words, each from its first token.
 *
 * @param logProbabilities of each window, for each token one number a label
 */
export function predictedTags(
  sentences: readonly TokenizedWords[],
  windows: readonly TokenWindow[],
  logProbabilities: readonly TokenScores[],
  labels: readonly string[],
): TagPredictions[] {
  const predictions = sentences.map(({ words }) => ({
    tags: Array<string>(words.length).fill(OUTSIDE),
    probabilities: new Float32Array(words.length).fill(1),
  }));
  for (const [index, { sentence, words, positions }] of windows.entries()) {
    const { tags, probabilities } = predictions[sentence]!;
    for (const [nth, word] of words.entries()) {
      const scores = scoresAt(logProbabilities[index]!, positions[nth]!, labels.length);
      const best = argmax(scores);
      tags[word] = labels[best]!;
      probabilities[word] = Math.exp(scores[best]!);
    }
  }
  return predictions;
}

/** Scores of the tokens of a window, for each token one number a label. */
export type TokenScores = Float32Array | Float64Array;

/** One token's scores among those of its window. */
export function scoresAt(scores: TokenScores, token: number, numLabels: number): TokenScores {
  return scores.subarray(token * numLabels, (token + 1) * numLabels);
}

/** Log-probabilities at a temperature; those of a model without one stay as they are, bit for bit. */
export function atTemperature(
  logProbabilities: readonly Float32Array[],
  numLabels: number,
  temperature = 1,
): readonly TokenScores[] {
  if (temperature === 1) return logProbabilities;
  return logProbabilities.map((window) => {
    const tempered = new Float64Array(window.length);
    for (let start = 0; start < window.length; start += numLabels)
      tempered.set(logProbabilitiesOf(window.subarray(start, start + numLabels), temperature), start);
    return tempered;
  });
}

/**
 * The entities that tags mark, as evaluation counts them: an I- that nothing begins is the beginning of one. Of plain
 * tags every word has its own, but those that are `O`.
 */
export function spansOfTags(tags: readonly string[], scheme: TaggingScheme): EntitySpan[] {
  if (scheme !== "plain") return entitiesOf(tags);
  const spans = tags.map((type, word) => ({ type, start: word, end: word + 1 }));
  return spans.filter(({ type }) => type !== OUTSIDE);
}

/**
 * The entities of a tagged sentence, with their offsets in its text.
 *
 * @param options.inWords whether to say which words they are
 */
export function entityPredictions(
  sentence: TokenizedWords,
  { tags, probabilities }: TagPredictions,
  { scheme, inWords }: { scheme: TaggingScheme; inWords: boolean },
): EntityPrediction[] {
  return spansOfTags(tags, scheme).map((span) => {
    const scores = probabilities.subarray(span.start, span.end);
    const score = meanOf(scores);
    const entity = { label: span.type, ...textOf(sentence, span), score };
    return inWords ? { ...entity, words: [span.start, span.end] } : entity;
  });
}

/** What an entity covers of its text. */
export function textOf(
  { text, words }: TokenizedWords,
  span: EntitySpan,
): { start: number; end: number; text: string } {
  const start = words[span.start]![0];
  const end = words[span.end - 1]![1];
  return { start, end, text: text.slice(start, end) };
}
