import { z } from "zod";
import type { CardTerms } from "../card/card.js";
import type { NewLabels } from "../checkpoint/labels.js";
import { expected } from "../errors.js";
import { embedOptions, type Features, featureOptions, type SentenceVector } from "../features/options.js";
import { requirePath } from "../files/require-path.js";
import type { FineTuneResult } from "../fine-tuning/events.js";
import { signalOption } from "../options/call-options.js";
import { cardOptions } from "../options/card-options.js";
import { newLabelsOption } from "../options/label-options.js";
import { parseOptions } from "../options/parse-options.js";
import { areFiles, isRowSource, pathsOf, type RowSource } from "../options/row-options.js";
import {
  checkInputs,
  checkLabelsOption,
  columnOptionsOf,
  specOf,
  type TaskName,
  type TypesOf,
} from "../tasks/find-spec.js";
import { type TextInput, textInputs } from "../tasks/texts/text-input.js";
import type { CallOptions, ComputeSession, ToWire } from "./compute-session.js";
import { foundRows } from "./found-rows.js";
import type { EmbedOptions, FeatureOptions, FineTuneOptionsByTask } from "./option-types.js";
import { predictStream, type StreamOptions } from "./predict-stream.js";
import type { ModelKind, RequestKind, Requests } from "./protocol.js";

const abortable = { signal: signalOption };
const featuresCall = featureOptions.extend(abortable);
const embedCall = embedOptions.extend(abortable);
const saveCall = z.strictObject({
  overwrite: z.boolean().default(false).describe("allow a directory that holds files already"),
  ...cardOptions,
});

/** The names of columns that the rows of a task have, as `fineTune()` takes them. */
type ColumnsOf<Task extends TaskName> = Task extends TaskName
  ? "columns" extends keyof FineTuneOptionsByTask[Task]
    ? FineTuneOptionsByTask[Task]["columns"]
    : undefined
  : never;

/** What every model can do. Its weights live on its compute thread until `dispose()`. */
abstract class SessionModel implements AsyncDisposable {
  /** What the model is for. */
  abstract readonly task: ModelKind;

  readonly #session: ComputeSession;

  constructor(session: ComputeSession) {
    this.#session = session;
  }

  protected request<Kind extends RequestKind>(
    kind: Kind,
    toArguments: (toWire: ToWire) => Requests[Kind]["arguments"],
    options?: CallOptions<Kind>,
  ): Promise<Requests[Kind]["answer"]> {
    return this.#session.request(kind, toArguments, options);
  }

  /**
   * What the encoder makes of texts or pairs of texts, without the task's layer: the hidden states of some layers,
   * pooled. Longer texts than the model was trained for are cut. Calls that overlap are computed together where their
   * options are the same.
   *
   * ```ts
   * const [{ values, shape, tokens }] = await model.features(["a film"], { layers: [-1, -2, -3, -4], pooling: "concat" });
   * ```
   *
   * @param options.layers from 0, the embeddings, or counted from the last, -1. Default: the last
   * @param options.pooling `"mean"` (the default) and `"cls"`: a vector a text; `"concat"`: one for each token, its layers
   *   side by side (paper, section 5.3); `"none"`: one for each layer and token
   * @throws LibbertError ERR_OPTION when the model has no such layer
   */
  async features(
    texts: readonly TextInput[],
    options: FeatureOptions & { signal?: AbortSignal } = {},
  ): Promise<Features[]> {
    const { signal, ...settings } = parseOptions(featuresCall, options);
    checkInputs(texts, textInputs, "texts");
    return this.request("features", () => ({ inputs: [...texts], settings }), { signal });
  }

  /**
   * One vector for each text, which tells how alike texts are: what sentence-transformers makes with the model, by its
   * `modules.json` and what belongs to it (pooling, normalisation, dense layers, prompt). Of a model without that, the mean
   * of the last layer over the text's tokens, of length 1. Good for search with models trained for it, such as
   * all-MiniLM-L6-v2. The vector of a text that was cut to what the model reads has a field `truncated`.
   *
   * @param options.normalize whether vectors have length 1. Default: what `modules.json` says; without one, true
   * @throws LibbertError ERR_CHECKPOINT when `modules.json` asks for what libbert does not have
   */
  async embed(
    texts: readonly TextInput[],
    options: EmbedOptions & { signal?: AbortSignal } = {},
  ): Promise<SentenceVector[]> {
    const { signal, ...settings } = parseOptions(embedCall, options);
    checkInputs(texts, textInputs, "texts");
    const embedded = await this.request("embed", () => ({ inputs: [...texts], settings }), { signal });
    return embedded.map(({ vector, ...cut }) => Object.assign(vector, cut));
  }

  /**
   * Writes a Hugging Face directory, which `loadModel` and Python's transformers read. What was trained is stored in float32, what
   * was only loaded as it was. Where there is no README.md of yours, a card of the model is written.
   *
   * @param options.overwrite allow a directory that holds files already. Default: false
   * @param options.languages of its texts, for the card: codes such as `en`
   * @param options.license for the card. Default: that of the card of the model which it was made from
   * @param options.datasetName of its training data on the Hub, for the card
   */
  async save(directory: string, options: { overwrite?: boolean } & CardTerms = {}): Promise<void> {
    const { overwrite, ...terms } = parseOptions(saveCall, options);
    requirePath(directory, "a directory", "directory");
    await this.request("save", () => ({ directory, overwrite, terms }));
  }

  /** Frees the model and ends its thread, once the calls under way are done. A second call does nothing. */
  dispose(): Promise<void> {
    return this.#session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** An encoder without a task's layer on top, for `features()` and `embed()`. */
export class EncoderModel extends SessionModel {
  readonly task = "features";
}

/** A model of one task. */
export class Model<Task extends TaskName = TaskName> extends SessionModel {
  /** Made by `fineTune()` and `loadModel()`. */
  constructor(
    session: ComputeSession,
    readonly task: Task,
    /** Label names in class order; empty where the task has none. */
    readonly labels: readonly string[],
    /** The course and outcome of the training; null for a model that was loaded. */
    readonly training: FineTuneResult<TypesOf<Task>["evaluation"]> | null,
  ) {
    super(session);
  }

  /** Losses, learning rates and metrics by step, or null for a model that was loaded. */
  get history(): FineTuneResult["history"] | null {
    return this.training?.history ?? null;
  }

  /**
   * Predictions for inputs, in their order: a text, or a pair of texts, each for classification, multi-label and
   * regression; a text or an array of words for token-classification; an object with question and context for
   * question-answering; a context with choices for multiple-choice; a text with `[MASK]` in it for masked-words. Longer
   * texts than the model was trained for are cut, but those of token-classification and the contexts of questions are
   * read in windows. Calls that overlap are computed together.
   *
   * @throws LibbertError ERR_OPTION for an input that is none of the task's
   */
  async predict(
    inputs: readonly TypesOf<Task>["input"][],
    options: TypesOf<Task>["predictOptions"] & { signal?: AbortSignal } = {},
  ): Promise<TypesOf<Task>["prediction"][]> {
    const spec = specOf(this.task);
    const call = z.strictObject({ ...spec.predictOptions, ...abortable });
    const { signal, ...settings } = parseOptions(call, options);
    checkInputs(inputs, spec.inputs);
    const answer = await this.request("predict", () => ({ inputs: [...inputs], options: settings }), {
      signal: signal as AbortSignal | undefined,
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
    return predictStream((chunk, chunkOptions) => this.predict(chunk, chunkOptions), inputs, options);
  }

  /**
   * Metrics on labelled rows: files, an array or an iterable.
   *
   * @param options.columns names of the columns, for tasks that have them
   * @param options.columnNames names of all columns of a table without a header line
   * @param options.labels what the rows call the model's labels: all in class order, or some by the model's own names
   */
  async evaluate(
    source: RowSource,
    options: {
      columns?: ColumnsOf<Task>;
      columnNames?: readonly string[];
      labels?: NewLabels;
      signal?: AbortSignal;
    } = {},
  ): Promise<TypesOf<Task>["evaluation"]> {
    const ofTask = { ...columnOptionsOf(specOf(this.task)), labels: newLabelsOption };
    const { columns, columnNames, labels, signal } = parseOptions(
      z.strictObject({ ...ofTask, ...abortable }),
      options,
    ) as typeof options;
    checkLabelsOption(this.task, labels);
    if (!isRowSource(source)) throw expected("files' paths or an iterable of rows", "source", source);
    if (areFiles(source)) for (const path of pathsOf(source)) requirePath(path, "a file", "source");
    const rows = await foundRows(source, "source");
    const answer = await this.request(
      "evaluate",
      (toWire) => ({ source: toWire(rows, "source"), columns, columnNames, labels }),
      { signal },
    );
    return answer as TypesOf<Task>["evaluation"];
  }
}
