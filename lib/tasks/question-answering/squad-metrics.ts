/**
 * The metrics of SQuAD's official scripts: exact match and F1 of the words, after both texts are normalised
 * (Rajpurkar et al., 2016, section 6.1), for version 2.0 with the threshold for questions without an answer
 * (Rajpurkar et al., 2018). All are percentages, as the field reports them.
 */

/** ASCII punctuation alone: "¿" and "。" stay. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** Python's `\b` looks at letters and numbers of all scripts, JavaScript's at ASCII. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** What Python's `split()` takes for white space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts four of them among white space
const WHITE_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** The words of an answer that count: lower case, without punctuation and articles. */
export function normalizedWords(text: string): string[] {
  const bare = text.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLES, " ");
  return bare.split(WHITE_SPACE).filter((word) => word !== "");
}

/** How well one prediction answers its question; 0 to 1. */
export interface AnswerScores {
  exactMatch: number;
  f1: number;
}

/**
 * A prediction against the best of the right answers, as version 1.1 scores it: two answers of which nothing is left
 * match exactly, with an F1 of 0.
 *
 * @param answers at least one
 */
export function squadScores(prediction: string, answers: readonly string[]): AnswerScores {
  return bestScores(prediction, answers, 0);
}

/**
 * As version 2.0 scores it: where no right answer has words the empty prediction is the only right one; two answers of
 * which nothing is left agree fully.
 */
export function squad2Scores(prediction: string, answers: readonly string[]): AnswerScores {
  const wordy = answers.filter((answer) => normalizedWords(answer).length > 0);
  return bestScores(prediction, wordy.length > 0 ? wordy : [""], 1);
}

function bestScores(prediction: string, answers: readonly string[], f1OfNothing: number): AnswerScores {
  const words = normalizedWords(prediction);
  const best = { exactMatch: 0, f1: 0 };
  for (const answer of answers) {
    const answerWords = normalizedWords(answer);
    const isSame = words.join(" ") === answerWords.join(" ");
    if (isSame) best.exactMatch = 1;
    const f1 = words.length + answerWords.length === 0 ? f1OfNothing : wordF1(words, answerWords);
    best.f1 = Math.max(best.f1, f1);
  }
  return best;
}

/** Harmonic mean of the shares of each side's words that the other has too, repeats counted. */
function wordF1(predicted: readonly string[], right: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of right) left.set(word, (left.get(word) ?? 0) + 1);
  let same = 0;
  for (const word of predicted) {
    const count = left.get(word) ?? 0;
    if (count > 0) same++;
    left.set(word, count - 1);
  }
  if (same === 0) return 0;
  const precision = same / predicted.length;
  const recall = same / right.length;
  return (2 * precision * recall) / (precision + recall);
}

/** Exact match and F1 in percent, and of how many questions. */
export interface SquadMetrics {
  exactMatch: number;
  f1: number;
  questions: number;
}

/** A question's right answers and what was predicted. */
export interface AnsweredQuestion {
  prediction: string;
  answers: readonly string[];
}

/** The metrics of version 1.1. */
export function squadMetrics(rows: readonly AnsweredQuestion[]): SquadMetrics {
  return meanOf(rows.map(({ prediction, answers }) => squadScores(prediction, answers)));
}

/** A question that may have no answer. */
export interface DoubtedQuestion extends AnsweredQuestion {
  /** How much speaks for there being no answer: any number, compared with the threshold. */
  noAnswerScore: number;
}

/** The metrics of version 2.0, of all questions and of those with and without an answer. */
export interface Squad2Metrics extends SquadMetrics {
  /** Null where there are none. */
  hasAnswer: SquadMetrics | null;
  noAnswer: SquadMetrics | null;
  /** The best that another threshold would give on these questions, and that threshold. */
  bestExactMatch: number;
  bestExactMatchThreshold: number;
  bestF1: number;
  bestF1Threshold: number;
}

/**
 * The metrics of version 2.0.
 *
 * @param rows predictions as if there was an answer; one may be empty all the same
 * @param threshold where `noAnswerScore` is greater, the empty answer takes the prediction's place
 */
export function squad2Metrics(rows: readonly DoubtedQuestion[], threshold: number): Squad2Metrics {
  const raw = rows.map(({ prediction, answers }) => squad2Scores(prediction, answers));
  const scores = rows.map(({ answers, noAnswerScore }, row) => {
    if (noAnswerScore <= threshold) return raw[row]!;
    const right = answers.length === 0 ? 1 : 0;
    return { exactMatch: right, f1: right };
  });
  const partOf = (hasAnswer: boolean) => {
    const part = scores.filter((_, row) => rows[row]!.answers.length > 0 === hasAnswer);
    return part.length === 0 ? null : meanOf(part);
  };
  const exactMatch = bestThreshold(rows, (row) => raw[row]!.exactMatch);
  const f1 = bestThreshold(rows, (row) => raw[row]!.f1);
  return {
    ...meanOf(scores),
    hasAnswer: partOf(true),
    noAnswer: partOf(false),
    bestExactMatch: exactMatch.mean,
    bestExactMatchThreshold: exactMatch.threshold,
    bestF1: f1.mean,
    bestF1Threshold: f1.threshold,
  };
}

/**
 * The threshold that gives the best mean, as the official script finds it: from answering nothing, with each question
 * that is answered too, in the order of `noAnswerScore`. Where answering nothing is best, it says 0.
 */
function bestThreshold(
  rows: readonly DoubtedQuestion[],
  scoreOf: (row: number) => number,
): { mean: number; threshold: number } {
  const order = [...rows.keys()].sort((a, b) => rows[a]!.noAnswerScore - rows[b]!.noAnswerScore);
  let sum = rows.filter(({ answers }) => answers.length === 0).length;
  let best = { sum, threshold: 0 };
  for (const row of order) {
    const { answers, prediction, noAnswerScore } = rows[row]!;
    if (answers.length > 0) sum += scoreOf(row);
    else if (prediction !== "") sum--;
    if (sum > best.sum) best = { sum, threshold: noAnswerScore };
  }
  return { mean: (100 * best.sum) / rows.length, threshold: best.threshold };
}

/**
 * The threshold with which `squad2Metrics` gives the best mean. It is the one found, except where it is best to answer
 * nothing: the official script says 0 then, above which not every score needs to be.
 *
 * @param found `bestExactMatchThreshold` or `bestF1Threshold`
 */
export function workingThreshold(
  rows: readonly DoubtedQuestion[],
  metric: "exactMatch" | "f1",
  found: number,
): number {
  if (found !== 0) return found;
  const belowAll = rows.reduce((lowest, { noAnswerScore }) => Math.min(lowest, noAnswerScore), 0) - 1;
  return squad2Metrics(rows, belowAll)[metric] > squad2Metrics(rows, found)[metric] ? belowAll : found;
}

function meanOf(scores: readonly AnswerScores[]): SquadMetrics {
  const questions = scores.length;
  const percent = (sum: number) => (100 * sum) / questions;
  return {
    exactMatch: percent(scores.reduce((sum, score) => sum + score.exactMatch, 0)),
    f1: percent(scores.reduce((sum, score) => sum + score.f1, 0)),
    questions,
  };
}
