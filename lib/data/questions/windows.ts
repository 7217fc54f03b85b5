import type { Frame } from "../../tokenizer/encoding.js";
import { dataError } from "../data-error.js";
import type { PackableSequence } from "../packing.js";
import type { Answer } from "./answers.js";

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
  inputIds: Int32Array; // [tokens], without special tokens
  context: EncodedContext;
  answers: readonly Answer[];
  place: string;
}

/**
 * What the model reads at once: `[CLS] question [SEP] part of the context [SEP]`. A long context has several windows,
 * each of which begins before the last one ended.
 */
export interface QuestionWindow {
  question: EncodedQuestion;
  /** The context's token with which the window begins. */
  first: number;
  /** How many of the context's tokens it has. */
  length: number;
}

/** How contexts are cut into windows. */
export interface WindowOptions {
  /** The most tokens of a window, special tokens included. */
  maxLength: number;
  /** How many of the context's tokens two neighbouring windows share: transformers' `stride`. */
  docStride: number;
}

/** Special tokens of a window. */
const SPECIAL_TOKENS = 3;

/**
 * The windows of one question, first to last; one where the context fits whole. The last ends with the context, and
 * only it may be shorter than the others.
 *
 * @throws LibbertError ERR_DATA, naming the place: a question that leaves too little room for windows that get ahead
 */
export function windowsOf(question: EncodedQuestion, options: WindowOptions): QuestionWindow[] {
  const { maxLength, docStride } = options;
  const tokens = question.context.inputIds.length;
  const capacity = maxLength - SPECIAL_TOKENS - question.inputIds.length;
  if (tokens <= capacity) return [{ question, first: 0, length: tokens }];
  if (capacity <= docStride) throw questionTooLong(question, options);
  const windows: QuestionWindow[] = [];
  for (let first = 0; first + docStride < tokens; first += capacity - docStride) {
    windows.push({ question, first, length: Math.min(capacity, tokens - first) });
  }
  return windows;
}

/** Where in the window the context begins. */
export function contextPlace({ question }: QuestionWindow): number {
  return question.inputIds.length + 2;
}

export function windowTokens({ question, length }: QuestionWindow): number {
  return question.inputIds.length + length + SPECIAL_TOKENS;
}

/** A window's token ids and types. */
export function sequenceOf(window: QuestionWindow, { clsId, sepId }: Frame): PackableSequence {
  const { question, first, length } = window;
  const place = contextPlace(window);
  const inputIds = new Int32Array(windowTokens(window));
  const tokenTypeIds = new Uint8Array(inputIds.length).fill(1, place);
  inputIds[0] = clsId;
  inputIds.set(question.inputIds, 1);
  inputIds[place - 1] = sepId;
  inputIds.set(question.context.inputIds.subarray(first, first + length), place);
  inputIds[inputIds.length - 1] = sepId;
  return { inputIds, tokenTypeIds };
}

/**
 * The places in a window of the tokens with which the first answer that the context has starts and ends: the last
 * token that starts no later than it, and the first that ends no earlier. Both are 0, which is `[CLS]`, where the
 * window does not hold the answer whole, or there is none.
 */
export function answerPlaces(window: QuestionWindow): { start: number; end: number } {
  const { question, first, length } = window;
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
  const offset = contextPlace(window) - first;
  return { start: start + offset, end: end + offset };
}

function questionTooLong({ inputIds, place }: EncodedQuestion, { maxLength, docStride }: WindowOptions) {
  const longest = maxLength - SPECIAL_TOKENS - docStride - 1;
  return dataError(
    place,
    `a question of at most ${longest} tokens (its windows of ${maxLength} overlap by ${docStride})`,
    `${inputIds.length} tokens`,
  );
}
