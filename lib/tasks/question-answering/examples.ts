import { type EncodedQuestions, encodeQuestions, isLost } from "../../data/questions/encoded-questions.js";
import { type QuestionExample, readQuestions } from "../../data/questions/question-rows.js";
import { type QuestionWindow, windowTokens } from "../../data/questions/windows.js";
import type { RowSource } from "../../data/readers/rows.js";
import { expected } from "../../errors.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Examples, ReadOptions } from "../fine-tuning/task-model.js";
import type { QuestionSettings } from "./settings.js";

/** Questions in windows; an item is a window whose answer is known. */
export interface QuestionExamples extends Examples, EncodedQuestions {
  items: readonly QuestionWindow[];
}

/** What reading needs of a model. */
export interface QuestionReader {
  tokenizer: BertTokenizer;
  maxSeqLength: number;
  settings: QuestionSettings;
}

/**
 * Questions with their right answers, as a model reads them. Those whose answers the context does not have are no
 * items.
 *
 * @throws ERR_DATA, naming the place; the signal's reason
 */
export async function readQuestionExamples(
  source: RowSource,
  { tokenizer, maxSeqLength, settings }: QuestionReader,
  { name, columns, limit, signal }: ReadOptions,
): Promise<QuestionExamples> {
  if (columns !== undefined) throw expected("no value, as questions have fixed columns,", "columns", columns);
  const rows = untilAborted(readQuestions(source, { name, limit }), signal);
  const encoded = await encodeQuestions(rows, tokenizer, { ...settings, maxLength: maxSeqLength });
  const items = encoded.windows.filter(({ question }) => !isLost(question));
  return {
    ...encoded,
    items,
    rows: encoded.questions.length,
    lengths: Int32Array.from(items, windowTokens),
    notices: noticesOf(encoded, settings),
  };
}

function noticesOf(encoded: EncodedQuestions, { maxQuestionLength }: QuestionSettings): string[] {
  const counted: [count: number, text: string][] = [
    [encoded.lostAnswers, "questions passed over in training, as their contexts do not have their answers"],
    [
      encoded.movedAnswers,
      "answers that do not stand where answer_start says, taken from the nearest place that has them",
    ],
    [encoded.cutQuestions, `questions cut to ${maxQuestionLength} tokens`],
  ];
  return counted.filter(([count]) => count > 0).map(([count, text]) => `${text}: ${count}`);
}

async function* untilAborted(rows: AsyncIterable<QuestionExample>, signal?: AbortSignal) {
  for await (const row of rows) {
    signal?.throwIfAborted();
    yield row;
  }
}
