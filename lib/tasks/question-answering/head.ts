import { chunked } from "../../arrays.js";
import { storedHead } from "../../checkpoint/stored-head.js";
import { dataError } from "../../data/data-error.js";
import { checkDocStride, defaultDocStride } from "../../features/doc-stride.js";
import { AnswerHead, spanLossSum } from "../../models/heads/answer-head.js";
import { packSequences } from "../../models/packing.js";
import { withRoundedSequences } from "../../models/rounded-batch.js";
import { specialTokenCount } from "../../tokenizer/frame.js";
import type { OptionsOf } from "../find-spec.js";
import type { HeadModel, HeadTypes, Preparation, TaskBatch, TaskHead } from "../head.js";
import { truncatedField } from "../texts/truncated.js";
import { type AnswerSearch, answersByQuestion, type WindowLogits } from "./best-answers.js";
import { configFields, type QuestionConfig, storedConfig } from "./config.js";
import { predictionOf } from "./decode.js";
import { encodeQuestions } from "./encoded-questions.js";
import { questionEvaluation } from "./evaluation.js";
import { type QuestionExamples, readQuestionExamples } from "./examples.js";
import { encodedAtOnce, explainAnswer } from "./explain.js";
import type {
  AnswerPrediction,
  QuestionAnsweringPredictOptions,
  QuestionEvaluation,
  QuestionInput,
} from "./prediction.js";
import type { QuestionExample } from "./rows.js";
import { questionAnswering } from "./spec.js";
import { answerPositions, type QuestionWindow, sequenceOf } from "./windows.js";

type QuestionOptions = OptionsOf<"question-answering">;

/** Windows with the positions of their answers. */
interface QuestionBatch extends TaskBatch {
  start: Int32Array; // [B]
  end: Int32Array; // [B]
}

interface Types extends HeadTypes {
  options: QuestionOptions;
  rows: QuestionExamples;
  batch: QuestionBatch;
  config: QuestionConfig;
  layers: AnswerHead;
  input: QuestionInput;
  prediction: AnswerPrediction;
  predictOptions: QuestionAnsweringPredictOptions;
  evaluation: QuestionEvaluation;
}

/** Starts and ends that are tried in a window, and answers that compete: as in the paper's code. */
const N_BEST = 20;
/** How many inputs are tokenized at once. */
const INPUTS_PER_ARRAY = 1024;

/** A model that finds the answers to questions in texts (paper, figure 4 c). */
export const questionAnsweringHead: TaskHead<Types> = {
  spec: questionAnswering,
  kind: "question-answering",

  async prepare(preparation) {
    const { checkpoint, maxSeqLength, train: source, validation, limit, signal } = preparation;
    const config = configOf(preparation);
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength, config };
    const train = await readQuestionExamples(source, reader, { name: "train", limit, signal });
    if (train.items.length === 0)
      throw dataError("training rows", "at least one question whose answer is in its context", "none");
    // Whoever was never shown a question without an answer had better not say that there is none.
    const mayLackAnswer = train.questions.some(({ answers }) => answers.length === 0);
    return {
      config: { ...config, noAnswerThreshold: mayLackAnswer ? 0 : null },
      train,
      ...(validation !== undefined && {
        validation: await readQuestionExamples(validation, reader, { name: "validation", signal }),
      }),
    };
  },

  stored: storedConfig,
  fields: configFields,
  layers: ({ encoder }) => new AnswerHead(encoder),
  continues: (checkpoint) => storedHead(checkpoint) === "question-answering",

  metrics({ noAnswerThreshold }) {
    const figures = ["f1", "exactMatch", "loss"];
    return noAnswerThreshold === null ? figures : ["bestF1", "bestExactMatch", ...figures];
  },

  read: (model, source, options) => readQuestionExamples(source, model, options),

  batch({ tokenizer: { frame } }, { items }, chosen, { numbers }) {
    const windows = chosen.map((item) => items[item]!);
    const positions = windows.map(answerPositions);
    return {
      packed: packSequences(
        windows.map((window) => sequenceOf(window, frame)),
        numbers,
      ),
      start: Int32Array.from(positions, ({ start }) => start),
      end: Int32Array.from(positions, ({ end }) => end),
    };
  },

  counts: (_, { start }) => ({ windows: start.length }),
  rounded: withRoundedSequences,

  /** Start and end count half each, as in the paper's code. */
  loss(model, { input: given, ...positions }, { windows }) {
    const { encoded, input } = model.network.encode(given);
    const logits = model.network.head.forward(encoded, input);
    return spanLossSum(logits, input, positions).div(windows!.mul(2));
  },

  /** Logits of start and end, [T, 2]. */
  output: (model, encoded, input) => model.network.head.forward(encoded, input).to("float32"),
  rowsPer: () => "token",

  async evaluate(model, examples, signal) {
    const { maxAnswerLength, noAnswerThreshold } = model.config;
    const logits = await windowLogits(model, examples.windows, signal);
    const search = { nBest: N_BEST, maxAnswerLength, allowNoAnswer: noAnswerThreshold !== null };
    return questionEvaluation(examples, logits, answersByQuestion(logits, search), noAnswerThreshold);
  },

  /** @throws ERR_DATA for a question too long for the model's windows */
  async predict(model, inputs, options, signal) {
    const { config, tokenizer, maxSeqLength: maxLength } = model;
    const examples = chunked(inputs.map(asExample), { size: INPUTS_PER_ARRAY });
    const encoding = { ...config, maxLength, signal };
    const { questions, windows } = await encodeQuestions(examples, tokenizer, encoding);
    const threshold = options.noAnswerThreshold ?? config.noAnswerThreshold;
    const search: AnswerSearch = {
      nBest: N_BEST,
      maxAnswerLength: options.maxAnswerLength ?? config.maxAnswerLength,
      allowNoAnswer: threshold !== null,
    };
    const found = answersByQuestion(await windowLogits(model, windows, signal), search);
    return found.map((answers, index) => ({
      ...predictionOf(answers, inputs[index]!.context, threshold, options.nBest),
      ...truncatedField({ truncated: questions[index]!.truncated ?? false }),
    }));
  },

  async explain(model, input, _choices, signal) {
    const encoding = await encodedAtOnce(model, input);
    const [answer] = await this.predict(model, [input], {}, signal);
    return explainAnswer(model, input, encoding, answer!);
  },

  /** The threshold that gave the best F1, where a question may have no answer. */
  adopt(config, { bestF1Threshold }) {
    if (config.noAnswerThreshold === null || bestF1Threshold === undefined) return config;
    return { ...config, noAnswerThreshold: bestF1Threshold };
  },
};

/** What the options say that the model is to be. @throws ERR_OPTION for a stride that leaves windows no room */
function configOf({ checkpoint, maxSeqLength, options }: Preparation<QuestionOptions>): QuestionConfig {
  const { docStride = defaultDocStride(maxSeqLength), maxQuestionLength, maxAnswerLength } = options;
  checkDocStride(docStride, maxSeqLength - specialTokenCount(checkpoint.tokenizer.frame, 2), maxSeqLength);
  return { labels: [], docStride, maxQuestionLength, maxAnswerLength, noAnswerThreshold: null };
}

async function windowLogits(
  model: HeadModel<Types>,
  windows: readonly QuestionWindow[],
  signal?: AbortSignal,
): Promise<WindowLogits[]> {
  const { frame } = model.tokenizer;
  const rows = await model.infer(
    windows.map((window) => ({ ...sequenceOf(window, frame), truncated: window.question.truncated })),
    signal,
  );
  return rows.map((row, index) => ({
    window: windows[index]!,
    start: row.filter((_, at) => at % 2 === 0),
    end: row.filter((_, at) => at % 2 === 1),
  }));
}

function asExample({ question, context }: QuestionInput, index: number): QuestionExample {
  return { question, context, answers: [], location: `inputs.${index}` };
}
