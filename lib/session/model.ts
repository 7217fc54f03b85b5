import { z } from "zod";
import type { RowSource } from "../data/readers/rows.js";
import { expected, LibbertError } from "../errors.js";
import type { TextInput } from "../tasks/classification/prediction.js";
import { type Features, featureOptions } from "../tasks/features/options.js";
import { checkInputs, checkTexts } from "../tasks/fine-tuning/inputs.js";
import { callOptions, columnsOption, loadOptions, rowSource } from "../tasks/fine-tuning/options.js";
import { PREDICT_OPTIONS } from "../tasks/fine-tuning/predict-options.js";
import type { FineTuneResult } from "../tasks/fine-tuning/progress.js";
import type { ModelKind } from "../tasks/fine-tuning/task-names.js";
import type { TypesOf } from "../tasks/fine-tuning/task-types.js";
import { parseOptions } from "../tasks/parse-options.js";
import { ComputeSession } from "./compute-session.js";
import { predictStream, type StreamOptions } from "./predict-stream.js";

export type LoadOptions<Task extends ModelKind = ModelKind> = z.input<typeof loadOptions> & { task?: Task };

/** What `evaluate()` takes beside the rows. */
export type EvaluateOptions = z.input<typeof evaluateCall>;

const abortable = { signal: callOptions.signal };
const featuresCall = featureOptions.extend(abortable);
const embedCall = z.strictObject(abortable);
const evaluateCall = z.strictObject({ columns: columnsOption, signal: callOptions.signal });
const saveCall = z.strictObject({ overwrite: z.boolean().default(false) });

/**
 * Loads a model that `save()`, `libbert fine-tune` or Python's transformers wrote. Its files say which task it is for,
 * or that it is an encoder alone, good for `features()` and `embed()`; `options.task` makes that an expectation, and
 * gives the result its exact type.
 *
 * @throws LibbertError ERR_CHECKPOINT when the directory holds no such model, or a damaged one
 */
export async function loadModel<Task extends ModelKind = ModelKind>(
  directory: string,
  options: LoadOptions<Task> = {},
): Promise<Model<Task>> {
  if (typeof directory !== "string") throw expected("the path of a model directory", "directory", directory);
  const settings = parseOptions(loadOptions, options);
  const session = new ComputeSession();
  try {
    const { task, labels } = await session.request("load", () => ({ directory, settings }));
    return new Model(session, task as Task, labels, null);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** A model of one task, or an encoder. Its weights live on its compute thread until `dispose()`. */
export class Model<Task extends ModelKind = ModelKind> implements AsyncDisposable {
  readonly #session: ComputeSession;

  /** Made by `fineTune()` and `loadModel()`. */
  constructor(
    session: ComputeSession,
    readonly task: Task,
    /** Label names in class order; empty where the task has none. */
    readonly labels: readonly string[],
    /** The course and outcome of the training; null for a model that was loaded. */
    readonly training: FineTuneResult<TypesOf<Task>["evaluation"]> | null,
  ) {
    this.#session = session;
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
   * @throws LibbertError ERR_OPTION for an input that is none of the task's, and for a model without a task
   */
  async predict(
    inputs: readonly TypesOf<Task>["input"][],
    options: TypesOf<Task>["predictOptions"] & { signal?: AbortSignal } = {},
  ): Promise<TypesOf<Task>["prediction"][]> {
    const task = this.#taskFor("predict");
    const call = PREDICT_OPTIONS[task].extend(abortable);
    const { signal, ...settings } = parseOptions(call, options) as { signal?: AbortSignal };
    checkInputs(inputs, task);
    const answer = await this.#session.request(
      "predict",
      () => ({ inputs: [...inputs], options: settings }),
      { signal },
    );
    return answer as TypesOf<Task>["prediction"][];
  }

  /**
   * Predictions for inputs as they come, in their order, a few hundred at a time: the iterable is read no faster than
   * its predictions are taken.
   *
   * ```ts
   * for await (const { label } of model.predictStream(linesOf("reviews.txt"))) console.log(label);
   * ```
   *
   * @throws what the iterable throws; the signal's reason
   */
  predictStream(
    inputs: Iterable<TypesOf<Task>["input"]> | AsyncIterable<TypesOf<Task>["input"]>,
    options: TypesOf<Task>["predictOptions"] & StreamOptions = {},
  ): AsyncGenerator<TypesOf<Task>["prediction"], void, undefined> {
    return predictStream((chunk, chunkOptions) => this.predict(chunk, chunkOptions), inputs, options);
  }

  /** Metrics on labelled rows: a file, an array or an iterable. */
  async evaluate(source: RowSource, options: EvaluateOptions = {}): Promise<TypesOf<Task>["evaluation"]> {
    this.#taskFor("evaluate");
    const { columns, signal } = parseOptions(evaluateCall, options);
    if (!rowSource.safeParse(source).success)
      throw expected("a file's path or an iterable of rows", "source", source);
    const answer = await this.#session.request(
      "evaluate",
      (toWire) => ({ source: toWire(source, "source"), columns }),
      { signal },
    );
    return answer as TypesOf<Task>["evaluation"];
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
    options: z.input<typeof featureOptions> & { signal?: AbortSignal } = {},
  ): Promise<Features[]> {
    const { signal, ...settings } = parseOptions(featuresCall, options);
    checkTexts(texts);
    return this.#session.request("features", () => ({ inputs: [...texts], settings }), { signal });
  }

  /**
   * One vector for each text, of length 1, whose inner products tell how alike texts are: the mean of the last layer over
   * the text's tokens, normalised, as sentence-transformers has it. Good for search with models trained for it, such as
   * all-MiniLM-L6-v2.
   */
  async embed(texts: readonly TextInput[], options: { signal?: AbortSignal } = {}): Promise<Float32Array[]> {
    const { signal } = parseOptions(embedCall, options);
    checkTexts(texts);
    return this.#session.request("embed", () => ({ inputs: [...texts] }), { signal });
  }

  /**
   * Writes a Hugging Face directory, which `loadModel` and Python's transformers read; weights in float32.
   *
   * @param options.overwrite allow a directory that holds files already. Default: false
   */
  async save(directory: string, options: { overwrite?: boolean } = {}): Promise<void> {
    const { overwrite } = parseOptions(saveCall, options);
    if (typeof directory !== "string") throw expected("the path of a directory", "directory", directory);
    await this.#session.request("save", () => ({ directory, overwrite }));
  }

  /** Frees the model and ends its thread, once the calls under way are done. A second call does nothing. */
  dispose(): Promise<void> {
    return this.#session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #taskFor(method: string): Exclude<ModelKind, "features"> {
    if (this.task !== "features") return this.task as Exclude<ModelKind, "features">;
    throw new LibbertError(
      "ERR_OPTION",
      `Expected a fine-tuned model for ${method}() but this is an encoder alone, for features() and embed()`,
    );
  }
}
