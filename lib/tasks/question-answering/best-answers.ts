import type { QuestionWindow } from "./windows.js";

/** What a model says of one window: for every token, how much speaks for it as the answer's start and as its end. */
export interface WindowLogits {
  window: QuestionWindow;
  start: Float32Array; // [tokens of the window]
  end: Float32Array; // [tokens of the window]
}

export interface AnswerSearch {
  /** How many starts and ends of a window are tried with each other, and how many answers are kept. */
  nBest: number;
  /** The most tokens of an answer. */
  maxAnswerLength: number;
  /** Whether "no answer" is among the answers that may be kept, as in SQuAD 2.0. */
  allowNoAnswer: boolean;
}

/** A part of the context that may be the answer. */
export interface AnswerSpan {
  /** Where it stands in the context, in UTF-16 units as `slice` takes them. */
  start: number;
  end: number;
  /** The logit of its start plus that of its end. */
  logit: number;
  /** Its probability among the answers that were kept. */
  score: number;
}

/** That there is no answer: the window's first token, such as `[CLS]`, as start and end. */
export interface NoAnswer {
  start: null;
  end: null;
  logit: number;
  score: number;
}

/** What was found for one question. */
export interface BestAnswers {
  /** Best first. `span` and `noAnswer` are always among them, last if need be. */
  kept: (AnswerSpan | NoAnswer)[];
  /** The best part of the context; null where it has no tokens. */
  span: AnswerSpan | null;
  /** Null where it is not allowed. */
  noAnswer: NoAnswer | null;
  /** The logit of no answer less that of `span`, which a threshold is compared with. */
  noAnswerScore: number;
}

/**
 * The best answers that the windows of one question hold, chosen as transformers' example for SQuAD does it
 * (`postprocess_qa_predictions`): in each window the `nBest` most probable starts and ends, of all its tokens, are
 * tried with each other, and pairs stay that lie in the context, in order, and not too far apart. Unlike there, a
 * question of which none stays is answered by the best pair of all, not by the word "empty".
 *
 * That there is no answer is as probable as the window says that believes it least: one window with an answer is
 * enough.
 */
export function bestAnswers(windows: readonly WindowLogits[], search: AnswerSearch): BestAnswers {
  const likely = windows.flatMap((window) => likelySpans(window, search));
  const spans = likely.length > 0 ? likely : windows.flatMap((window) => bestSpan(window, search));
  const lowest = Math.min(...windows.map(({ start, end }) => Math.fround(start[0]! + end[0]!)));
  const noAnswer: NoAnswer | null = search.allowNoAnswer
    ? { start: null, end: null, logit: lowest, score: 0 }
    : null;
  const found = [...spans, ...(noAnswer ? [noAnswer] : [])].sort((a, b) => b.logit - a.logit);
  const span = found.find((one): one is AnswerSpan => one.start !== null) ?? null;
  const kept = found.slice(0, search.nBest);
  for (const one of [span, noAnswer]) if (one && !kept.includes(one)) kept.push(one);
  setScores(kept);
  return { kept, span, noAnswer, noAnswerScore: lowest - (span?.logit ?? -Infinity) };
}

/** The answer to give: none (null) where `noAnswerScore` is above the threshold. */
export function answerGiven(
  { span, noAnswer, noAnswerScore }: BestAnswers,
  threshold: number,
): AnswerSpan | null {
  return noAnswer && noAnswerScore > threshold ? null : span;
}

/** Pairs of the likeliest starts and ends that can be answers. */
function likelySpans(logits: WindowLogits, { nBest, maxAnswerLength }: AnswerSearch): AnswerSpan[] {
  const { contextStart, length } = logits.window;
  const isContext = (position: number) => position >= contextStart && position < contextStart + length;
  const starts = largest(logits.start, nBest).filter(isContext);
  const ends = largest(logits.end, nBest).filter(isContext);
  const spans: AnswerSpan[] = [];
  for (const start of starts) {
    for (const end of ends) {
      if (end >= start && end < start + maxAnswerLength) spans.push(spanOf(logits, start, end));
    }
  }
  return spans;
}

/** The best of all spans of up to `maxAnswerLength` tokens, in a list; none where the window has no context. */
function bestSpan(logits: WindowLogits, { maxAnswerLength }: AnswerSearch): AnswerSpan[] {
  const { contextStart, length } = logits.window;
  const last = contextStart + length - 1;
  let best: AnswerSpan | undefined;
  for (let start = contextStart; start <= last; start++) {
    for (let end = start; end <= Math.min(last, start + maxAnswerLength - 1); end++) {
      if (best && best.logit >= logits.start[start]! + logits.end[end]!) continue;
      best = spanOf(logits, start, end);
    }
  }
  return best ? [best] : [];
}

function spanOf({ window, start: starts, end: ends }: WindowLogits, start: number, end: number): AnswerSpan {
  const { context } = window.question;
  const offset = window.first - window.contextStart; // from a position in the window to the context's token
  return {
    start: context.starts[start + offset]!,
    end: context.ends[end + offset]!,
    logit: Math.fround(starts[start]! + ends[end]!), // in float32, as the logits are
    score: 0,
  };
}

/** Positions of the largest values, largest first; of equal ones the first. */
function largest(values: Float32Array, count: number): number[] {
  const top: number[] = [];
  for (const [position, value] of values.entries()) {
    if (top.length === count && value <= values[top[count - 1]!]!) continue;
    let rank = top.length;
    while (rank > 0 && values[top[rank - 1]!]! < value) rank--;
    top.splice(rank, 0, position);
    if (top.length > count) top.pop();
  }
  return top;
}

/** A softmax over the logits. */
function setScores(answers: readonly (AnswerSpan | NoAnswer)[]): void {
  const highest = Math.max(...answers.map(({ logit }) => logit));
  let sum = 0;
  for (const answer of answers) sum += Math.exp(answer.logit - highest);
  for (const answer of answers) answer.score = Math.exp(answer.logit - highest) / sum;
}

/** What the windows came to, question by question; those of one question follow each other. */
export function answersByQuestion(logits: readonly WindowLogits[], search: AnswerSearch): BestAnswers[] {
  const byQuestion: WindowLogits[][] = [];
  for (const one of logits) {
    const last = byQuestion.at(-1);
    if (last?.[0]?.window.question === one.window.question) last.push(one);
    else byQuestion.push([one]);
  }
  return byQuestion.map((windows) => bestAnswers(windows, search));
}
