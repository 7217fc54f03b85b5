import { dataError } from "../../data/data-error.js";
import { expected } from "../../errors.js";
import type { Task } from "../fine-tuning/task.js";
import { readQuestionExamples } from "./examples.js";
import { QuestionAnsweringModel } from "./model.js";
import { defaultDocStride, MAX_ANSWER_LENGTH } from "./settings.js";

/** The part of a text that answers a question, as in SQuAD 1.1; or that there is none, as in 2.0. */
export const questionAnswering: Task = {
  defaultMaxSeqLength: 384,

  async prepare(checkpoint, settings, compute, { signal }) {
    const { maxSeqLength, maxQuestionLength, maxAnswerLength = MAX_ANSWER_LENGTH } = settings;
    const { docStride = defaultDocStride(maxSeqLength) } = settings;
    if (docStride > maxSeqLength - 4)
      throw expected(
        `at most ${maxSeqLength - 4}, with maxSeqLength ${maxSeqLength},`,
        "docStride",
        docStride,
      );
    const reading = { docStride, maxQuestionLength, maxAnswerLength, noAnswerThreshold: null };
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength, settings: reading };
    const read = (name: "train" | "validation", limit?: number) =>
      readQuestionExamples(settings[name]!, reader, { name, limit, signal });

    const train = await read("train", settings.limit);
    if (train.items.length === 0)
      throw dataError("training rows", "at least one question whose answer is in its context", "none");
    const validation = settings.validation === undefined ? undefined : await read("validation");
    // Whoever was never shown a question without an answer had better not say that there is none.
    const noAnswerThreshold = train.questions.some(({ answers }) => answers.length === 0) ? 0 : null;
    return {
      train,
      validation,
      createModel: (seed) =>
        QuestionAnsweringModel.create(
          checkpoint,
          { ...reading, noAnswerThreshold },
          { compute, maxSeqLength, seed },
        ),
    };
  },

  load: (checkpoint, compute) => QuestionAnsweringModel.load(checkpoint, compute),
};
