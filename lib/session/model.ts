import { z } from "zod";
import type { ModelCalibration } from "../calibration/model-calibration.js";
import { expected } from "../errors.js";
import type { Explanation } from "../explanation/explanation.js";
import { explainOptions } from "../explanation/options.js";
import type { FineTuneResult } from "../fine-tuning/events.js";
import { signalOption } from "../options/call-options.js";
import { parseOptions } from "../options/parse-options.js";
import type { RowSource } from "../options/row-options.js";
import { type RankedDocument, rankOptions, scoreOptions } from "../ranking/options.js";
import { rankedDocuments } from "../ranking/ranked-documents.js";
import { checkInputs, specOf, type TaskName, type TypesOf } from "../tasks/find-spec.js";
import type { RegressionPrediction } from "../tasks/regression/prediction.js";
import { textOrPair } from "../tasks/texts/text-or-pair.js";
import { calibrate } from "./calibrate.js";
import type { ComputeSession } from "./compute-session.js";
import { type LabelledRowsOptions, labelledRowsCall } from "./labelled-rows.js";
import type { CalibrateOptions, ExplainOptions, RankOptions, ScoreOptions } from "./option-types.js";
import { predictStream, type StreamOptions } from "./predict-stream.js";
import { SessionModel } from "./session-model.js";
import { type TruncationOptions, truncation } from "./truncation.js";

const abortable = { signal: signalOption };
const explainCall = explainOptions.extend(abortable);
const scoreCall = scoreOptions.extend({ ...abortable, ...truncation });
const rankCall = rankOptions.extend({ ...abortable, ...truncation });

const isPair = (input: unknown) => typeof input !== "string" && textOrPair.accepts(input);

/** An encoder without a task's layer on top, for `features()` and `embed()`. */
export class EncoderModel extends SessionModel {
  /** As `loadModel()` was asked for it; no task of `fineTune()` has this name. */
  readonly task = "features";
}

/** A model of one task. */
export class Model<Task extends TaskName = TaskName> extends SessionModel {
  #calibration: ModelCalibration | null;
  readonly #folder: string | null;

  /** Made by `fineTune()` and `loadModel()`. */
  constructor(
    session: ComputeSession,
    /** What it was trained for, which decides the types of its inputs and predictions. */
    readonly task: Task,
    /** Label names in class order; empty where the task has none. */
    readonly labels: readonly string[],
    /** The course and outcome of the training; null for a model that was loaded. */
    readonly training: FineTuneResult<TypesOf<Task>["evaluation"]> | null,
    { calibration, folder }: { calibration: ModelCalibration | null; folder: string | null },
  ) {
    super(session);
    this.#calibration = calibration;
    this.#folder = folder;
  }

  /** What tells how far its predictions can be believed, by `calibrate()`; null where nothing does. */
  get calibration(): ModelCalibration | null {
    return this.#calibration;
  }

  /** Losses, learning rates and metrics by step, or null for a model that was loaded. */
  get history(): FineTuneResult["history"] | null {
    return this.training?.history ?? null;
  }

  /**
   * Predictions for inputs, in their order: a text, or a pair of texts, each for classification, multi-label and
   * regression; a query with a document for reranking; a text or an array of words for token-classification; an object with
   * question and context for question-answering; a context with choices for multiple-choice; a text with `[MASK]` in it for
   * masked-words. Longer texts than the model was trained for are cut, but those of token-classification and the contexts of
   * questions are read in windows. Calls that overlap are computed together.
   *
   * @param options.truncate false refuses inputs that would be cut, before anything is computed
   * @throws LibbertError ERR_OPTION for an input that is none of the task's; ERR_DATA for one that would be cut, with `truncate: false`
   */
  async predict(
    inputs: readonly TypesOf<Task>["input"][],
    options: TypesOf<Task>["predictOptions"] & TruncationOptions & { signal?: AbortSignal } = {},
  ): Promise<TypesOf<Task>["prediction"][]> {
    const spec = specOf(this.task);
    const call = z.strictObject({ ...spec.predictOptions, ...abortable, ...truncation });
    const { signal, truncate: mayCut, ...settings } = parseOptions(call, options);
    checkInputs(inputs, spec.inputs);
    const answer = await this.request("predict", () => ({ inputs: [...inputs], options: settings, mayCut }), {
      signal,
    });
    return answer as TypesOf<Task>["prediction"][];
  }

  /**
   * Predictions for inputs as they come, in their order: none waits for an input that is not there yet, and inputs that come
   * while others are computed go into one batch. The iterable is read at most 512 inputs ahead of the predictions taken.
   *
   * ```ts
   * for await (const { label } of model.predictStream(linesOf("reviews.txt"))) console.log(label);
   * ```
   *
   * @throws what the iterable throws, after the predictions of what it gave before; the signal's reason
   */
  predictStream(
    inputs: Iterable<TypesOf<Task>["input"]> | AsyncIterable<TypesOf<Task>["input"]>,
    options: TypesOf<Task>["predictOptions"] & StreamOptions = {},
  ): AsyncGenerator<TypesOf<Task>["prediction"], void, undefined> {
    // A string is an iterable, too: of its characters.
    if (typeof inputs === "string") throw expected("an iterable of inputs", "inputs", inputs);
    return predictStream(
      (chunk, own) => this.predict(chunk, own as typeof own & TruncationOptions), // which it does not take
      inputs,
      options,
    );
  }

  /**
   * How well the two texts of each pair go together, as a cross-encoder says: what `CrossEncoder.predict` of sentence-transformers gives.
   * Where `predict()` gives the model's output as it is, a score went through what the model's files name, else a sigmoid.
   *
   * ```ts
   * const [{ score }] = await model.score([["who wrote it?", "Ada wrote it."]]);
   * ```
   *
   * @param options.activation `"sigmoid"` or `"identity"`, in the place of what the files name
   * @param options.maxLength the most tokens of a pair. Default: what the model's files say
   * @param options.truncate false refuses pairs that would be cut, before anything is computed (ERR_DATA)
   * @param options.prompt what stands before each first text. Default: the model's `default_prompt_name`; without one, nothing
   * @param options.promptName the name of one of the model's prompts, in its place
   * @throws LibbertError ERR_OPTION for a model of another task; ERR_CHECKPOINT when its files ask for what libbert does not have
   */
  async score(
    this: Model<"reranking" | "regression">,
    pairs: readonly (readonly [string, string])[],
    options: ScoreOptions & TruncationOptions & { signal?: AbortSignal } = {},
  ): Promise<RegressionPrediction[]> {
    return this.#scores("score()", pairs, parseOptions(scoreCall, options));
  }

  /**
   * Documents by how well they answer a query, the best first: what `CrossEncoder.rank` of sentence-transformers gives.
   *
   * ```ts
   * const [{ index, score }] = await model.rank("who wrote it?", documents, { topK: 10 });
   * ```
   *
   * @param options.topK how many are given. Default: all
   * @param options.returnDocuments whether each comes with its text. Default: false
   * @param options as of `score()`
   * @throws LibbertError as `score()`
   */
  async rank(
    this: Model<"reranking" | "regression">,
    query: string,
    documents: readonly string[],
    options: RankOptions & TruncationOptions & { signal?: AbortSignal } = {},
  ): Promise<RankedDocument[]> {
    const { topK, returnDocuments, ...settings } = parseOptions(rankCall, options);
    if (typeof query !== "string") throw expected("a string", "query", query);
    checkInputs(documents, { accepts: (one) => typeof one === "string", what: "a string" }, "documents");
    const pairs = documents.map((document) => [query, document] as const);
    const scores = await this.#scores("rank()", pairs, settings);
    return rankedDocuments(documents, scores, { topK, returnDocuments });
  }

  async #scores(
    call: string,
    pairs: readonly (readonly [string, string])[],
    { signal, truncate: mayCut, ...settings }: z.output<typeof scoreCall>,
  ): Promise<RegressionPrediction[]> {
    if (this.task !== "reranking" && this.task !== "regression")
      throw expected(
        "reranking or regression, whose one output is a score,",
        `the task of the model of ${call}`,
        this.task,
      );
    checkInputs(pairs, { accepts: isPair, what: "a pair of strings" }, "pairs");
    return this.request("score", () => ({ pairs: [...pairs], settings, mayCut }), { signal });
  }

  /**
   * Metrics on labelled rows: files, an array or an iterable.
   *
   * @param options how the rows are read; `token`, `cacheDir` and `localFilesOnly` are for those on the Hub
   * @throws LibbertError ERR_OPTION for an option that the task does not have; ERR_DATA, naming file and line, for a row that cannot be
   *   read; the signal's reason
   */
  async evaluate(
    source: RowSource,
    options: LabelledRowsOptions<Task> = {},
  ): Promise<TypesOf<Task>["evaluation"]> {
    const { signal, toArguments } = labelledRowsCall(this.task, source, options, {});
    const answer = await this.request("evaluate", toArguments, { signal });
    return answer as TypesOf<Task>["evaluation"];
  }

  /**
   * Makes predictions that can be believed, by labelled rows that the model was not trained on: scores become probabilities (a temperature,
   * Guo et al., 2017); with `precision`, predictions that are too uncertain for it are marked `abstained`; with `coverage`, each comes with
   * a `predictionSet`, of regression an `interval`, that holds what is right so often. From now on `predict()` and `evaluate()` say so, and
   * `save()` keeps it.
   *
   * ```ts
   * const { expectedCalibrationError } = await model.calibrate("dev.tsv", { precision: 0.95, coverage: 0.9 });
   * ```
   *
   * @param rows as of `evaluate()`
   * @param options as of `evaluate()`, and what is wanted
   * @throws LibbertError ERR_OPTION for a task that has nothing to calibrate, or not what is wanted; ERR_DATA where rows are too few, or
   *   no threshold gives the precision
   */
  async calibrate(
    rows: RowSource,
    options: CalibrateOptions & LabelledRowsOptions<Task> = {},
  ): Promise<ModelCalibration> {
    const of = { task: this.task as TaskName, folder: this.#folder };
    this.#calibration = await this.together((session) => calibrate(session, of, rows, options));
    return this.#calibration;
  }

  /**
   * Why the model says what it says of one input: what each token, and each word, adds to the logit of a label (integrated gradients,
   * Sundararajan et al., 2017), compared with padding in the place of the texts. Of a regression and reranking it is the number itself,
   * of token-classification the logit of a word's tag, of masked-words that of a token at a mask, of multiple-choice that of a choice, of
   * question-answering those of the answer's start and end, added up, of embedding how alike the text is to another one (as
   * `similarity()`), whose vector stays as it is.
   *
   * ```ts
   * const { words, output, baseline } = await model.explain("a gripping film", { target: "positive" });
   * ```
   *
   * @param options.target the label, the token, or the index of a choice. Default: what is predicted
   * @param options.word of token-classification: the word whose tag is explained, from 0. Default: the one that is most certainly an entity's
   * @param options.mask of masked-words: the mask whose token is explained, from 0. Default: the first
   * @param options.comparedWith of embedding: the other text
   * @param options.role of embedding: `"query"` or `"document"`, what the input is in a search; the other text is the other. Default: both
   *   get the model's `default_prompt_name`
   * @param options.steps at how many points gradients are computed. Default: 16, doubled up to 512 until attributions add up to
   *   `output` less `baseline` (`isComplete`)
   * @throws LibbertError ERR_OPTION for an option of another task, a target, word or mask that is not there, a model in int8; ERR_DATA for
   *   a question or words that the model does not read at once; the signal's reason
   */
  async explain(
    input: TypesOf<Task>["input"],
    options: ExplainOptions & { signal?: AbortSignal } = {},
  ): Promise<Explanation> {
    const spec = specOf(this.task);
    const { signal, ...settings } = parseOptions(explainCall, options);
    if (!spec.inputs.accepts(input)) throw expected(spec.inputs.what, "input", input);
    return this.request("explain", () => ({ input, settings }), { signal });
  }
}
