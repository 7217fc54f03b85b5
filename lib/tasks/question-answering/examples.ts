import type { RowInput } from "../../data/readers/rows.js";
import { expected } from "../../errors.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { Examples, ReadOptions } from "../head.js";
import type { QuestionConfig } from "./config.js";
import { type EncodedQuestions, encodeQuestions, isLost } from "./encoded-questions.js";
import { readQuestions } from "./rows.js";
import { answerPositions, type QuestionWindow, sequenceOf, windowTokens } from "./windows.js";

/** Questions in windows; an item is a window whose answer is known. */
export interface QuestionExamples extends Examples, EncodedQuestions {
  items: readonly QuestionWindow[];
}

/** What reading needs of a model. */
export interface QuestionReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  config: QuestionConfig;
}

/**
 * Questions with their right answers, as a model reads them. Those whose answers the context does not have are no
 * items.
 *
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export async function readQuestionExamples(
  source: RowInput,
  { tokenizer, maxSeqLength, config }: QuestionReader,
  { name, columns, limit, signal }: ReadOptions,
): Promise<QuestionExamples> {
  if (columns !== undefined) throw expected("no value, as questions have fixed columns,", "columns", columns);
  const rows = readQuestions(source, { name, limit });
  const encoded = await encodeQuestions(rows, tokenizer, { ...config, maxLength: maxSeqLength, signal });
  const items = encoded.windows.filter(({ question }) => !isLost(question));
  return {
    ...encoded,
    items,
    rows: encoded.questions.length,
    lengths: Int32Array.from(items, (window) => windowTokens(window, tokenizer.frame)),
    tokens: () => items.map((window) => sequenceOf(window, tokenizer.frame).inputIds),
    *content() {
      for (const window of items) {
        const { start, end } = answerPositions(window);
        yield sequenceOf(window, tokenizer.frame).inputIds;
        yield Int32Array.of(start, end);
      }
    },
    notices: noticesOf(encoded, config),
  };
}

function noticesOf(encoded: EncodedQuestions, { maxQuestionLength }: QuestionConfig): string[] {
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
