import { expected } from "../errors.js";
import type { LoadOptions } from "../session/option-types.js";
import type { ServingSettings } from "./options.js";
import { type Log, ServedModel } from "./served-model.js";
import { ServingError } from "./serving-error.js";

/** The models of one server, by their names. */
export class ServedModels implements Iterable<ServedModel> {
  readonly #byName: ReadonlyMap<string, ServedModel>;

  private constructor(models: readonly ServedModel[]) {
    this.#byName = new Map(models.map((model) => [model.name, model]));
  }

  /**
   * Loads all of them.
   *
   * @param loading what the settings do not say: `signal` and `onProgress`
   * @throws LibbertError for the first that cannot be loaded; none stays in memory then
   */
  static async open(
    { models, maxTexts, maxQueue, ...settings }: ServingSettings,
    log: Log,
    loading: Pick<LoadOptions, "signal" | "onProgress"> = {},
  ): Promise<ServedModels> {
    if (maxQueue < maxTexts)
      throw expected(`at least ${maxTexts}, the inputs of one request,`, "maxQueue", maxQueue);
    const opened: ServedModel[] = [];
    try {
      for (const [name, source] of Object.entries(models)) {
        const { revision, token, cacheDir, localFilesOnly, device, dtype, threads } = settings;
        const found = { revision, token, cacheDir, localFilesOnly };
        const options = { ...found, device, dtype, threads, ...loading };
        opened.push(await ServedModel.open({ name, source, loading: options, maxQueue, log }));
      }
    } catch (error) {
      await Promise.all(opened.map((model) => model.close()));
      throw error;
    }
    return new ServedModels(opened);
  }

  [Symbol.iterator](): Iterator<ServedModel> {
    return this.#byName.values();
  }

  /** @param name null or undefined for the first @throws ServingError 404 for one that is not served, with those that are */
  of(name: string | null | undefined): ServedModel {
    const [first] = this;
    const found = name === null || name === undefined ? first : this.#byName.get(name);
    if (found) return found;
    const names = [...this.#byName.keys()].join(", ");
    throw new ServingError(
      404,
      "Validation",
      `Expected one of ${names} for model but received ${JSON.stringify(name)}`,
      "model_not_found",
    );
  }

  /**
   * Reloads some of them in turn, so that no more than one is in memory twice.
   *
   * @returns why some were kept as they are
   */
  async reload(models: Iterable<ServedModel> = this): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (const model of models) await model.reload().catch((error: unknown) => failures.push(error));
    return failures;
  }

  /** Answers what was accepted, and frees all. */
  async close(): Promise<void> {
    await Promise.all([...this].map((model) => model.close()));
  }
}
