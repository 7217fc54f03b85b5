import { LibbertError } from "../errors.js";
import type { Logger } from "../options/logger.js";
import { type LoadedModel, loadModel } from "../session/load-model.js";
import { unlessAborted } from "../session/on-abort.js";
import type { LoadOptions } from "../session/option-types.js";
import { incompatibility, type ModelFacts, tryOut } from "./canary.js";
import { ServingError } from "./serving-error.js";

/** Is told of models that are replaced, and of those that cannot be. */
export type Log = Pick<Logger, "info" | "warn">;

export interface ServedModelParts {
  name: string;
  /** A folder, or a name on the Hub. */
  source: string;
  loading: LoadOptions;
  /** The most inputs that may be accepted and not answered. */
  maxQueue: number;
  log: Log;
}

/** A model that answers requests. */
interface InService extends ModelFacts {
  model: LoadedModel;
  since: Date;
  /** What it has yet to answer. */
  underWay: Set<Promise<unknown>>;
}

/** One model by its name: what comes to its queue, and which weights answer. */
export class ServedModel {
  readonly name: string;
  readonly source: string;
  readonly #parts: ServedModelParts;
  #current: InService;
  #waiting = 0;
  #answered = 0;
  #failed = false;
  readonly #reloads = { replaced: 0, kept: 0 };
  #reload: { running: Promise<void>; next?: Promise<void> | undefined } = { running: Promise.resolve() };

  private constructor(parts: ServedModelParts, first: InService) {
    this.name = parts.name;
    this.source = parts.source;
    this.#parts = parts;
    this.#current = first;
  }

  /** @throws what `loadModel` throws, or the model when it is tried out */
  static async open(parts: ServedModelParts): Promise<ServedModel> {
    return new ServedModel(parts, await load(parts));
  }

  /** What the model in service is, and since when it has been there. */
  get facts(): ModelFacts & { since: Date } {
    return this.#current;
  }

  /** Inputs that are accepted and not answered. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Inputs that were answered. */
  get answered(): number {
    return this.#answered;
  }

  /** How many reloads ended with a new model in service, and with the old one. */
  get reloads(): Readonly<Record<"replaced" | "kept", number>> {
    return this.#reloads;
  }

  /** Whether its thread ended, so that nothing is answered until another is loaded. */
  get failed(): boolean {
    return this.#failed;
  }

  /**
   * What the model in service makes of some inputs. One that is replaced meanwhile still gives the whole answer.
   *
   * @param ask may make several calls
   * @throws ServingError 429 when the queue is full; the signal's reason as soon as it is aborted; what the call throws
   */
  async answer<Answer>(
    inputs: number,
    signal: AbortSignal,
    ask: (model: LoadedModel) => Promise<Answer>,
  ): Promise<Answer> {
    if (this.#waiting + inputs > this.#parts.maxQueue)
      throw new ServingError(
        429,
        "Overloaded",
        `The queue of ${this.name} is full: ${this.#waiting} inputs of at most ${this.#parts.maxQueue} wait in it`,
      );
    signal.throwIfAborted();
    const { model, underWay } = this.#current;
    this.#waiting += inputs;
    const answer = ask(model);
    underWay.add(answer);
    const ended = () => {
      underWay.delete(answer);
      this.#waiting -= inputs;
    };
    answer.then(ended, ended);
    answer.then(
      () => this.#noteOutcome(model, { answered: inputs }),
      (error) => this.#noteOutcome(model, { error }),
    );
    return unlessAborted(answer, signal);
  }

  /**
   * Loads the model anew from where it came, tries it out, and has it answer all that comes from then on; the one before answers what
   * it accepted, and is gone. Whoever asks during a reload gets another one behind it, since files may have changed.
   *
   * @throws LibbertError for a model that cannot take the place: the one in service stays
   */
  reload(): Promise<void> {
    this.#reload.next ??= this.#reload.running
      .catch(() => {})
      .then(() => {
        this.#reload = { running: this.#replace() };
        return this.#reload.running;
      });
    return this.#reload.next;
  }

  /** Answers what it accepted, and frees the model. */
  async close(): Promise<void> {
    await (this.#reload.next ?? this.#reload.running).catch(() => {});
    await retire(this.#current);
  }

  async #replace(): Promise<void> {
    const { name, log } = this.#parts;
    const before = this.#current;
    try {
      await this.#take(await load(this.#parts));
      this.#reloads.replaced++;
    } catch (error) {
      this.#reloads.kept++;
      log.warn({ model: name }, `${name} stays as it is: ${(error as Error).message}`);
      throw error;
    }
    log.info({ model: name }, `${name} was loaded anew from ${this.source}`);
    await retire(before);
  }

  /** Puts a model in service, in the place of the one before. */
  async #take(now: InService): Promise<void> {
    const { name, log } = this.#parts;
    const before = this.#current;
    const reason = incompatibility(before, now);
    if (reason !== null) {
      await now.model.dispose();
      const message = `The new model cannot take the place of ${name}: ${reason}`;
      throw new LibbertError("ERR_CHECKPOINT", message);
    }
    if (now.labels.join("\n") !== before.labels.join("\n"))
      log.warn(
        { model: name },
        `${name} has other labels now: ${now.labels.join(", ")} instead of ${before.labels.join(", ")}`,
      );
    this.#current = now;
    this.#failed = false;
  }

  #noteOutcome(model: LoadedModel, { answered = 0, error }: { answered?: number; error?: unknown }): void {
    this.#answered += answered;
    if (model !== this.#current.model) return;
    this.#failed = error instanceof LibbertError && error.code === "ERR_RUNTIME";
  }
}

async function load({ source, loading }: ServedModelParts): Promise<InService> {
  const model = await loadModel(source, loading);
  try {
    return { model, ...(await tryOut(model)), since: new Date(), underWay: new Set() };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

async function retire({ model, underWay }: InService): Promise<void> {
  await Promise.allSettled(underWay);
  await model.dispose();
}
