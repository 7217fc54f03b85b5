import { dataError } from "../../data/data-error.js";
import { type Frame, type FramedTexts, framed, specialTokenCount, textStart } from "../../tokenizer/frame.js";
import type { RightAnswer } from "./row-answers.js";

/** A context, tokenized once for all its questions. */
export interface EncodedContext {
  text: string;
  inputIds: Int32Array; // [tokens], without special tokens
  /** Where each token starts and ends in the text, in UTF-16 units. */
  starts: Int32Array; // [tokens]
  ends: Int32Array; // [tokens]
}

export interface EncodedQuestion {
  id?: string;
  text: string;
  inputIds: Int32Array; // [tokens], without special tokens
  /** Whether tokens were cut off. Default: false */
  truncated?: boolean;
  context: EncodedContext;
  answers: readonly RightAnswer[];
  location: string;
}

/**
 * What the model reads at once: the question and a part of the context, in the tokenizer's frame, such as
 * `[CLS] question [SEP] part of the context [SEP]`. A long context has several windows, each of which begins before the
 * last one ended.
 */
export interface QuestionWindow {
  question: EncodedQuestion;
  /** The context's token with which the window begins. */
  first: number;
  /** How many of the context's tokens it has. */
  length: number;
  /** The position in the window of the first of them. */
  contextStart: number;
}

/** How contexts are cut into windows. */
export interface QuestionWindowOptions {
  /** The most tokens of a window, special tokens included. */
  maxLength: number;
  /** How many of the context's tokens two neighbouring windows share: transformers' `stride`. */
  docStride: number;
}

/**
 * The windows of one question, first to last; one where the context fits whole. The last ends with the context, and
 * only it may be shorter than the others.
 *
 * @throws LibbertError ERR_DATA, naming the location: a question that leaves too little room for windows that get ahead
 */
export function windowsOf(
  question: EncodedQuestion,
  options: QuestionWindowOptions,
  frame: Frame,
): QuestionWindow[] {
  const { maxLength, docStride } = options;
  const tokens = question.context.inputIds.length;
  const room = maxLength - specialTokenCount(frame, 2);
  const capacity = room - question.inputIds.length;
  const contextStart = textStart(frame, [question.inputIds.length], 1);
  if (tokens <= capacity) return [{ question, first: 0, length: tokens, contextStart }];
  if (capacity <= docStride) throw questionTooLong(question, room - docStride - 1, options);
  const windows: QuestionWindow[] = [];
  for (let first = 0; first + docStride < tokens; first += capacity - docStride) {
    windows.push({ question, first, length: Math.min(capacity, tokens - first), contextStart });
  }
  return windows;
}

/** How many tokens a window has, special tokens included. */
export function windowTokens({ question, length }: QuestionWindow, frame: Frame): number {
  return question.inputIds.length + length + specialTokenCount(frame, 2);
}

/** A window's token ids and types. */
export function sequenceOf({ question, first, length }: QuestionWindow, frame: Frame): FramedTexts {
  return framed([question.inputIds, question.context.inputIds.subarray(first, first + length)], frame);
}

/**
 * The positions in a window of the tokens with which the first answer that the context has starts and ends: the last
 * token that starts no later than it, and the first that ends no earlier. Both are 0, the first token of all, where the
 * window does not hold the answer whole, or there is none.
 */
export function answerPositions(window: QuestionWindow): { start: number; end: number } {
  const { question, first, length, contextStart } = window;
  const { starts, ends } = question.context;
  const answer = question.answers.find((one) => one.start !== null);
  const last = first + length - 1;
  if (!answer || length === 0) return { start: 0, end: 0 };
  const [from, to] = [answer.start!, answer.start! + answer.text.length];
  if (starts[first]! > from || ends[last]! < to) return { start: 0, end: 0 };
  let start = last;
  while (starts[start]! > from) start--;
  let end = first;
  while (ends[end]! < to) end++;
  const offset = contextStart - first;
  return { start: start + offset, end: end + offset };
}

function questionTooLong(
  { inputIds, location }: EncodedQuestion,
  longest: number,
  { maxLength, docStride }: QuestionWindowOptions,
) {
  return dataError(
    location,
    `a question of at most ${longest} tokens (its windows of ${maxLength} overlap by ${docStride})`,
    `${inputIds.length} tokens`,
  );
}
