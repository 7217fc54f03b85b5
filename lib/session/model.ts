import { z } from "zod";
import type { RowSource } from "../data/readers/rows.js";
import { expected } from "../errors.js";
import { checkInputs } from "../tasks/fine-tuning/inputs.js";
import { callOptions, columnsOption, loadOptions, rowSource } from "../tasks/fine-tuning/options.js";
import type { FineTuneResult } from "../tasks/fine-tuning/progress.js";
import type { TaskName } from "../tasks/fine-tuning/task-names.js";
import type { TypesOf } from "../tasks/fine-tuning/task-types.js";
import { parseOptions } from "../tasks/parse-options.js";
import { ComputeSession } from "./compute-session.js";
import { predictStream, type StreamOptions } from "./predict-stream.js";

export type LoadOptions<Task extends TaskName = TaskName> = z.input<typeof loadOptions> & { task?: Task };

/** What `evaluate()` takes beside the rows. */
export type EvaluateOptions = z.input<typeof evaluateCall>;

const predictCall = z.strictObject({ signal: callOptions.signal });
const evaluateCall = z.strictObject({ columns: columnsOption, signal: callOptions.signal });
const saveCall = z.strictObject({ overwrite: z.boolean().default(false) });

/**
 * Loads a model that `save()`, `libbert fine-tune` or Python's transformers wrote. Its files say which task it is for;
 * `options.task` makes that an expectation, and gives the result its exact type.
 *
 * @throws LibbertError ERR_CHECKPOINT when the directory holds no such model, or a damaged one
 */
export async function loadModel<Task extends TaskName = TaskName>(
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

/** A model of one task. Its weights live on its compute thread until `dispose()`. */
export class Model<Task extends TaskName = TaskName> implements AsyncDisposable {
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
   * Predictions for inputs, in their order: a text, or a pair of texts, each for classification. Longer ones than the
   * model was trained for are cut. Calls that overlap are computed together.
   */
  async predict(
    inputs: readonly TypesOf<Task>["input"][],
    options: TypesOf<Task>["predictOptions"] & { signal?: AbortSignal } = {},
  ): Promise<TypesOf<Task>["prediction"][]> {
    const { signal, ...settings } = parseOptions(predictCall, options);
    checkInputs(inputs, this.task);
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
}
