import type { AlignedEncoding } from "../../tokenizer/encoding.js";
import type { Frame } from "../../tokenizer/frame.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { QuestionExample } from "./rows.js";
import {
  type EncodedContext,
  type EncodedQuestion,
  type QuestionWindow,
  type QuestionWindowOptions,
  windowsOf,
} from "./windows.js";

/** Questions as the model reads them, in the rows' order, and what had to be done to them. */
export interface EncodedQuestions {
  questions: EncodedQuestion[];
  /** Of all questions, in order. */
  windows: QuestionWindow[];
  /** Questions that were cut to `maxQuestionLength`. */
  cutQuestions: number;
  /** Answers that the context has, but not where the data set says. */
  movedAnswers: number;
  /** Questions with answers none of which the context has. */
  lostAnswers: number;
}

export interface QuestionEncodingOptions extends QuestionWindowOptions {
  /** The most tokens of a question; a longer one is cut. Default: questions are not cut. */
  maxQuestionLength?: number;
  signal?: AbortSignal;
}

/**
 * Reads and tokenizes questions with their contexts, and cuts long contexts into windows.
 *
 * @throws LibbertError ERR_DATA, naming the location: a question that leaves the windows too little room;
 *   the signal's reason
 */
export async function encodeQuestions(
  examples: AsyncIterable<readonly QuestionExample[]>,
  tokenizer: TextTokenizer,
  options: QuestionEncodingOptions,
): Promise<EncodedQuestions> {
  const { maxQuestionLength = Number.POSITIVE_INFINITY, signal } = options;
  const { frame } = tokenizer;
  const encoded: EncodedQuestions = {
    questions: [],
    windows: [],
    cutQuestions: 0,
    movedAnswers: 0,
    lostAnswers: 0,
  };
  const contexts = new Map<string, EncodedContext>();
  for await (const rows of examples) {
    signal?.throwIfAborted();
    await addContexts(contexts, rows, tokenizer);
    const encodings = await tokenizer.encodeBatch(rows.map(({ question }) => question));
    for (const [index, { inputIds }] of encodings.entries()) {
      const { context, question: text, ...example } = rows[index]!;
      const tokens = bare(inputIds, frame);
      const question = {
        ...example,
        text,
        inputIds: tokens.slice(0, maxQuestionLength),
        truncated: tokens.length > maxQuestionLength,
        context: contexts.get(context)!,
      };
      encoded.questions.push(question);
      for (const window of windowsOf(question, options, frame)) encoded.windows.push(window);
      if (question.truncated) encoded.cutQuestions++;
      encoded.movedAnswers += question.answers.filter(({ moved }) => moved).length;
      if (isLost(question)) encoded.lostAnswers++;
    }
  }
  return encoded;
}

/** Whether a question has answers, but none of them stands in its context. */
export function isLost({ answers }: EncodedQuestion): boolean {
  return answers.length > 0 && answers.every(({ start }) => start === null);
}

async function addContexts(
  contexts: Map<string, EncodedContext>,
  examples: readonly QuestionExample[],
  tokenizer: TextTokenizer,
): Promise<void> {
  const texts = [...new Set(examples.map(({ context }) => context))].filter((text) => !contexts.has(text));
  const encodings = await tokenizer.encodeBatchAligned(texts);
  for (const [index, text] of texts.entries())
    contexts.set(text, contextOf(text, encodings[index]!, tokenizer.frame));
}

function contextOf(text: string, { inputIds, offsets }: AlignedEncoding, frame: Frame): EncodedContext {
  const own = bare(offsets, frame);
  return {
    text,
    inputIds: bare(inputIds, frame),
    starts: Int32Array.from(own, ([start]) => start),
    ends: Int32Array.from(own, ([, end]) => end),
  };
}

/** What there is for the tokens of a text alone, without those of its frame. */
function bare<Values extends { readonly length: number; slice(start: number, end: number): Values }>(
  values: Values,
  { open, close }: Frame,
): Values {
  return values.slice(open.length, values.length - close.length);
}
