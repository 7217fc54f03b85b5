import { z } from "zod";
import type { ClassificationColumns } from "../data/classification-rows.js";
import type { RowSource } from "../data/readers/rows.js";
import { expected } from "../errors.js";
import {
  callOptions,
  columnsOption,
  fineTuneOptions,
  loadOptions,
  rowSource,
} from "../tasks/fine-tune-options.js";
import { parseOptions } from "../tasks/parse-options.js";
import type { EvaluationResult, FineTuneResult, Prediction, ProgressEvent } from "../tasks/progress.js";
import { ComputeSession } from "./compute-session.js";

/** A text, or two texts to be read as a pair. */
export type TextInput = string | readonly [text: string, pair: string];

/** `fineTune()`'s options; see `FineTuneSettings` for their meaning and defaults. */
export type FineTuneOptions = z.input<typeof fineTuneOptions> & {
  /** Stops the run within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (event: ProgressEvent) => void;
};

export type LoadOptions = z.input<typeof loadOptions>;

const fineTuneCall = fineTuneOptions.extend(callOptions);
const predictCall = z.strictObject({ signal: callOptions.signal });
const evaluateCall = z.strictObject({ columns: columnsOption, signal: callOptions.signal });
const saveCall = z.strictObject({ overwrite: z.boolean().default(false) });

/**
 * Fine-tunes a pre-trained BERT (paper, section 3.2). Everything is computed on a thread of its own: the event loop
 * stays free.
 *
 * ```ts
 * const model = await fineTune({ task: "classification", model: "dir", train: "train.tsv", outputDir: "runs/a" });
 * const [{ label, score }] = await model.predict(["a gripping film"]);
 * await model.dispose();
 * ```
 *
 * @throws LibbertError, whose `code` tells an option, data, checkpoint or machine that is at fault
 */
export async function fineTune(options: FineTuneOptions): Promise<Model> {
  const { signal, onProgress, train, validation, ...settings } = parseOptions(fineTuneCall, options);
  const session = new ComputeSession();
  try {
    const { labels, result } = await session.request(
      "fineTune",
      (toWire) => ({
        ...settings,
        train: toWire(train, "train"),
        validation: validation === undefined ? undefined : toWire(validation, "validation"),
      }),
      { signal, onProgress },
    );
    return new Model(session, labels, result);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Loads a classifier that `save()`, `libbert fine-tune` or Python's transformers wrote.
 *
 * @throws LibbertError ERR_CHECKPOINT when the directory holds no classifier, or a damaged one
 */
export async function loadModel(directory: string, options: LoadOptions = {}): Promise<Model> {
  if (typeof directory !== "string") throw expected("the path of a model directory", "directory", directory);
  const settings = parseOptions(loadOptions, options);
  const session = new ComputeSession();
  try {
    const { labels } = await session.request("load", () => ({ directory, settings }));
    return new Model(session, labels, null);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** A text classifier. Its weights live on its compute thread until `dispose()`. */
export class Model implements AsyncDisposable {
  readonly #session: ComputeSession;

  /** Made by `fineTune()` and `loadModel()`. */
  constructor(
    session: ComputeSession,
    /** Label names in class order. */
    readonly labels: readonly string[],
    /** The course and outcome of the training; null for a model that was loaded. */
    readonly training: FineTuneResult | null,
  ) {
    this.#session = session;
  }

  /** Losses, learning rates and metrics by step, or null for a model that was loaded. */
  get history(): FineTuneResult["history"] | null {
    return this.training?.history ?? null;
  }

  /** Classifies texts or pairs of texts, in their order. Longer ones than the model was trained for are cut. */
  async predict(texts: readonly TextInput[], options: { signal?: AbortSignal } = {}): Promise<Prediction[]> {
    const { signal } = parseOptions(predictCall, options);
    checkTexts(texts);
    return this.#session.request("predict", () => ({ texts: [...texts] }), { signal });
  }

  /** Metrics on labelled rows: a file, an array or an iterable. */
  async evaluate(
    source: RowSource,
    options: { columns?: ClassificationColumns; signal?: AbortSignal } = {},
  ): Promise<EvaluationResult> {
    const { columns, signal } = parseOptions(evaluateCall, options);
    if (!rowSource.safeParse(source).success)
      throw expected("a file's path or an iterable of rows", "source", source);
    return this.#session.request("evaluate", (toWire) => ({ source: toWire(source, "source"), columns }), {
      signal,
    });
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

function checkTexts(texts: readonly TextInput[]): void {
  if (!Array.isArray(texts)) throw expected("an array of texts", "texts", texts);
  const isPair = (text: unknown) =>
    Array.isArray(text) && text.length === 2 && text.every((t) => typeof t === "string");
  const bad = texts.findIndex((text) => typeof text !== "string" && !isPair(text));
  if (bad >= 0) throw expected("a string or a pair of strings", `texts[${bad}]`, texts[bad]);
}
