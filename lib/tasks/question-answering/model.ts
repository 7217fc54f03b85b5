import { loadWeights } from "../../checkpoint/load-weights.js";
import { type PackedBatch, packSequences } from "../../data/packing.js";
import { encodeQuestions } from "../../data/questions/encoded-questions.js";
import type { QuestionExample } from "../../data/questions/question-rows.js";
import { answerPlaces, type QuestionWindow, sequenceOf } from "../../data/questions/windows.js";
import type { RowSource } from "../../data/readers/rows.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import { BertForQuestionAnswering, type SpanPlaces, spanLossSum } from "../../models/question-answering.js";
import { withoutInitialisation } from "../../nn/init.js";
import { manualSeed } from "../../tensor/random.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/train.js";
import { type Checkpoint, longestInput } from "../checkpoint.js";
import type { Compute } from "../compute.js";
import { type BatchPlace, type ModelParts, type ReadOptions, TaskModel } from "../fine-tuning/task-model.js";
import { toBertInput } from "../packed-input.js";
import {
  type AnswerSearch,
  type AnswerSpan,
  answerGiven,
  type BestAnswers,
  bestAnswers,
  type NoAnswer,
  type WindowLogits,
} from "./best-answers.js";
import { questionEvaluation } from "./evaluation.js";
import { type QuestionExamples, readQuestionExamples } from "./examples.js";
import type {
  Answer,
  AnswerPrediction,
  QuestionEvaluation,
  QuestionInput,
  QuestionPredictOptions,
} from "./prediction.js";
import { type QuestionSettings, readSettings, settingsFields } from "./settings.js";

/** Starts and ends that are tried in a window, and answers that compete: as in the paper's code. */
const N_BEST = 20;

/** Windows with the places of their answers, as the model trains on them. */
export interface QuestionBatch {
  packed: PackedBatch;
  places: SpanPlaces;
}

/** A model that finds the answers to questions in texts (paper, figure 4 c). */
export class QuestionAnsweringModel extends TaskModel<
  QuestionExamples,
  QuestionBatch,
  QuestionInput,
  AnswerPrediction,
  BertForQuestionAnswering
> {
  readonly architecture = "BertForQuestionAnswering";
  readonly labels: readonly string[] = [];
  readonly metrics: readonly string[];
  settings: QuestionSettings;

  private constructor(parts: ModelParts<BertForQuestionAnswering>, settings: QuestionSettings) {
    super(parts, "token");
    this.settings = settings;
    const figures = ["f1", "exactMatch", "loss"];
    this.metrics = settings.noAnswerThreshold === null ? figures : ["bestF1", "bestExactMatch", ...figures];
  }

  /**
   * A pre-trained encoder with new vectors for start and end; a checkpoint that answers questions keeps its own.
   */
  static create(
    { directory, config, tokenizer }: Checkpoint,
    settings: QuestionSettings,
    { compute, maxSeqLength, seed }: { compute: Compute; maxSeqLength: number; seed: number },
  ): QuestionAnsweringModel {
    manualSeed(seed);
    const network = new BertForQuestionAnswering(config);
    loadWeights(answersQuestions(config) ? network : network.bert, directory, {
      mayIgnore: ["bert.pooler.", "pooler.", "cls.", "classifier.", "qa_outputs."],
    });
    return new QuestionAnsweringModel({ network, config, tokenizer, compute, maxSeqLength }, settings);
  }

  static load(checkpoint: Checkpoint, compute: Compute): QuestionAnsweringModel {
    const { directory, config, tokenizer } = checkpoint;
    const maxSeqLength = longestInput(checkpoint);
    const settings = readSettings(checkpoint, maxSeqLength);
    const network = withoutInitialisation(() => new BertForQuestionAnswering(config));
    loadWeights(network, directory, { mayIgnore: ["bert.pooler."] }); // older versions of transformers stored one
    return new QuestionAnsweringModel({ network, config, tokenizer, compute, maxSeqLength }, settings);
  }

  read(source: RowSource, options: ReadOptions): Promise<QuestionExamples> {
    return readQuestionExamples(source, this, options);
  }

  batch({ items }: QuestionExamples, chosen: readonly number[], { numbers }: BatchPlace): QuestionBatch {
    const windows = chosen.map((item) => items[item]!);
    const places = windows.map(answerPlaces);
    return {
      packed: packSequences(
        windows.map((window) => sequenceOf(window, this.tokenizer)),
        numbers,
      ),
      places: { start: places.map(({ start }) => start), end: places.map(({ end }) => end) },
    };
  }

  counts({ places }: QuestionBatch): Counts {
    return { windows: places.start.length };
  }

  /** Start and end count half each, as in the paper's code. */
  loss({ packed, places }: QuestionBatch, { windows }: Counts): Tensor {
    const input = toBertInput(packed, this.compute.device);
    return spanLossSum(this.network.forward(input), input, places).div(2 * windows!);
  }

  async evaluate(examples: QuestionExamples, signal?: AbortSignal): Promise<QuestionEvaluation> {
    const { maxAnswerLength, noAnswerThreshold } = this.settings;
    const logits = await this.#logits(examples.windows, signal);
    const search = { nBest: N_BEST, maxAnswerLength, allowNoAnswer: noAnswerThreshold !== null };
    return questionEvaluation(examples, logits, answersByQuestion(logits, search), noAnswerThreshold);
  }

  /** Takes over the threshold that gave the best F1 where a question may have no answer. */
  override adopt({ bestF1Threshold }: QuestionEvaluation): void {
    if (this.settings.noAnswerThreshold === null || bestF1Threshold === undefined) return;
    this.settings = { ...this.settings, noAnswerThreshold: bestF1Threshold };
  }

  /** @throws ERR_DATA for a question too long for the model's windows */
  async predict(
    inputs: readonly QuestionInput[],
    options: QuestionPredictOptions,
    signal?: AbortSignal,
  ): Promise<AnswerPrediction[]> {
    const encoding = { ...this.settings, maxLength: this.maxSeqLength };
    const { windows } = await encodeQuestions(asExamples(inputs), this.tokenizer, encoding);
    const threshold = options.noAnswerThreshold ?? this.settings.noAnswerThreshold;
    const maxAnswerLength = options.maxAnswerLength ?? this.settings.maxAnswerLength;
    const search = { nBest: N_BEST, maxAnswerLength, allowNoAnswer: threshold !== null };
    const found = answersByQuestion(await this.#logits(windows, signal), search);
    return found.map((answers, index) =>
      predictionOf(answers, inputs[index]!.context, threshold, options.nBest),
    );
  }

  async #logits(windows: readonly QuestionWindow[], signal?: AbortSignal): Promise<WindowLogits[]> {
    const rows = await this.infer(
      windows.map((window) => sequenceOf(window, this.tokenizer)),
      signal,
    );
    return rows.map((row, index) => ({
      window: windows[index]!,
      start: row.filter((_, place) => place % 2 === 0),
      end: row.filter((_, place) => place % 2 === 1),
    }));
  }

  /** Logits of start and end, [T, 2]. */
  protected output(input: BertInput): Tensor {
    return this.network.forward(input).to("float32");
  }

  protected configFields(): Partial<BertConfig> {
    return settingsFields(this.settings);
  }
}

async function* asExamples(inputs: readonly QuestionInput[]): AsyncGenerator<QuestionExample> {
  for (const [index, { question, context }] of inputs.entries())
    yield { question, context, answers: [], place: `inputs[${index}]` };
}

function answersQuestions(config: BertConfig): boolean {
  return (config as { architectures?: string[] }).architectures?.[0] === "BertForQuestionAnswering";
}

/** What the windows came to, question by question; those of one question follow each other. */
function answersByQuestion(logits: readonly WindowLogits[], search: AnswerSearch): BestAnswers[] {
  const byQuestion: WindowLogits[][] = [];
  for (const one of logits) {
    const last = byQuestion.at(-1);
    if (last?.[0]?.window.question === one.window.question) last.push(one);
    else byQuestion.push([one]);
  }
  return byQuestion.map((windows) => bestAnswers(windows, search));
}

function predictionOf(
  found: BestAnswers,
  context: string,
  threshold: number | null,
  nBest = 0,
): AnswerPrediction {
  const answerOf = ({ start, end, score }: AnswerSpan | NoAnswer): Answer =>
    start === null
      ? { answer: null, start, end, score }
      : { answer: context.slice(start, end), start, end, score };
  const given = answerGiven(found, threshold ?? Infinity);
  const best = given ?? found.noAnswer;
  return {
    ...(best ? answerOf(best) : { answer: null, start: null, end: null, score: 0 }),
    ...(nBest > 0 && { nBest: found.kept.slice(0, nBest).map(answerOf) }),
  };
}
