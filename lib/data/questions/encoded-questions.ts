import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { AlignedEncoding } from "../../tokenizer/encoding.js";
import { inBatches } from "../encoded-examples.js";
import type { QuestionExample } from "./question-rows.js";
import {
  type EncodedContext,
  type EncodedQuestion,
  type QuestionWindow,
  type WindowOptions,
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

export interface QuestionEncodingOptions extends WindowOptions {
  /** The most tokens of a question; a longer one is cut. Default: questions are not cut. */
  maxQuestionLength?: number;
}

/**
 * Reads and tokenizes questions with their contexts, and cuts long contexts into windows.
 *
 * @throws LibbertError ERR_DATA, naming the place: a question that leaves the windows too little room
 */
export async function encodeQuestions(
  examples: AsyncIterable<QuestionExample>,
  tokenizer: BertTokenizer,
  options: QuestionEncodingOptions,
): Promise<EncodedQuestions> {
  const { maxQuestionLength = Number.POSITIVE_INFINITY } = options;
  const encoded: EncodedQuestions = {
    questions: [],
    windows: [],
    cutQuestions: 0,
    movedAnswers: 0,
    lostAnswers: 0,
  };
  const contexts = new Map<string, EncodedContext>();
  for await (const batch of inBatches(examples)) {
    await addContexts(contexts, batch, tokenizer);
    const encodings = await tokenizer.encodeBatch(batch.map(({ question }) => question));
    for (const [index, { inputIds }] of encodings.entries()) {
      const { context, question: _text, ...example } = batch[index]!;
      const tokens = inputIds.subarray(1, -1);
      const question = {
        ...example,
        inputIds: tokens.slice(0, maxQuestionLength),
        context: contexts.get(context)!,
      };
      encoded.questions.push(question);
      for (const window of windowsOf(question, options)) encoded.windows.push(window);
      if (tokens.length > maxQuestionLength) encoded.cutQuestions++;
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
  tokenizer: BertTokenizer,
): Promise<void> {
  const texts = [...new Set(examples.map(({ context }) => context))].filter((text) => !contexts.has(text));
  const encodings = await tokenizer.encodeBatchAligned(texts);
  for (const [index, text] of texts.entries()) contexts.set(text, contextOf(text, encodings[index]!));
}

function contextOf(text: string, { inputIds, offsets }: AlignedEncoding): EncodedContext {
  const own = offsets.slice(1, -1); // the special tokens have none
  return {
    text,
    inputIds: inputIds.slice(1, -1),
    starts: Int32Array.from(own, ([start]) => start),
    ends: Int32Array.from(own, ([, end]) => end),
  };
}
