import { type MessagePort, Worker } from "node:worker_threads";
import { LibbertError } from "../errors.js";
import { guarded } from "../options/listener.js";
import { areFiles, type RowSource } from "../options/row-options.js";
import { threadFile } from "../thread-file.js";
import { warnings, warningsTo } from "../warn.js";
import { onAbort } from "./on-abort.js";
import type { FromCompute, RequestKind, Requests, SessionEvent, WireError, WireSource } from "./protocol.js";
import { serveRows } from "./row-ports.js";

interface Pending {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
  onProgress?: (event: never) => void;
}

export interface CallOptions<Kind extends RequestKind> {
  signal?: AbortSignal;
  onProgress?: (event: SessionEvent<Kind>) => void;
}

/** Turns a row source into what can cross; an iterable becomes a port. Errors call its rows by the name. */
export type ToWire = (source: RowSource, name: string) => WireSource;

/** Makes the arguments of a request. */
export type ToArguments<Kind extends RequestKind> = (
  toWire: ToWire,
) => Requests[Kind]["arguments"] | Promise<Requests[Kind]["arguments"]>;

/** What sends requests to a compute thread. */
export type Requesting = Pick<ComputeSession, "request">;

/**
 * The application's side of one compute thread. All of LibTorch runs on the other side, so a call here never blocks
 * the event loop.
 */
export class ComputeSession {
  // Flags of node that are meant for the application's code, such as --input-type, would break ours.
  readonly #worker = new Worker(threadFile("compute-thread.js", import.meta.url), { execArgv: [] });
  readonly #pending = new Map<number, Pending>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #warn = warnings(); // of whoever makes the session, as long as it lasts
  readonly #exited: Promise<void>;
  #lastId = 0;
  #ended: LibbertError | undefined; // how the thread ended, when it has
  #closing: Promise<void> | undefined;

  constructor() {
    this.#worker.on("message", (message: FromCompute) => this.#receive(message));
    this.#worker.on("error", (error) => this.#end(`died: ${error.message}`, error));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#end(`ended with code ${code}`);
        resolve();
      });
    });
    this.#worker.unref(); // an idle session does not keep the process alive
  }

  /**
   * Sends one request and waits for its answer.
   *
   * @param toArguments makes the arguments, which may take a while; row sources pass through the function it is given
   * @throws what the compute thread threw, the signal's reason, or what an iterable or `onProgress` threw
   */
  request<Kind extends RequestKind>(
    kind: Kind,
    toArguments: ToArguments<Kind>,
    options: CallOptions<Kind> = {},
  ): Promise<Requests[Kind]["answer"]> {
    return this.together((session) => session.request(kind, toArguments, options));
  }

  /** Several requests that are one call: `close()` waits for its end. @param call makes them by what it is given, and no other way */
  together<Answer>(call: (session: Requesting) => Promise<Answer>): Promise<Answer> {
    if (this.#closing) return Promise.reject(new LibbertError("ERR_DISPOSED", "The model was disposed"));
    const answer = call({
      request: (kind, toArguments, options = {}) => this.#call(kind, toArguments, options),
    });
    this.#underWay.add(answer);
    const ended = () => this.#underWay.delete(answer);
    answer.then(ended, ended);
    return answer;
  }

  async #call<Kind extends RequestKind>(
    kind: Kind,
    toArguments: ToArguments<Kind>,
    { signal, onProgress }: CallOptions<Kind>,
  ): Promise<Requests[Kind]["answer"]> {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;

    const id = ++this.#lastId;
    const abort = () => this.#worker.postMessage({ id, type: "abort" });
    let failure: { error: unknown } | undefined; // of the caller's own code: stops the run and is what the caller gets
    const fail = (error: unknown) => {
      failure ??= { error };
      abort();
    };
    const ports: MessagePort[] = [];
    const toWire: ToWire = (source, name) => {
      if (areFiles(source)) return source;
      ports.push(serveRows(source, name, fail));
      return ports.at(-1)!;
    };

    const answered = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress: onProgress && guarded(onProgress, fail) });
    });
    this.#worker.ref();
    const forget = onAbort(signal, abort);
    try {
      const values = await warningsTo(this.#warn, () => toArguments(toWire));
      signal?.throwIfAborted(); // an abort before the request would be of nothing
      this.#worker.postMessage({ id, type: "request", kind, arguments: values }, ports);
      const answer = (await answered) as Requests[Kind]["answer"];
      if (failure) throw failure.error; // the run was over before it could be stopped
      return answer;
    } catch (error) {
      if (failure) throw failure.error;
      // A launcher that sees one rank fail ends the others: what failed is more use than that it was ended.
      const isLoss = error instanceof LibbertError && error.code === "ERR_DISTRIBUTED";
      if (signal?.aborted && !isLoss) throw signal.reason;
      throw error;
    } finally {
      forget();
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#worker.unref();
    }
  }

  /** Waits for the requests under way, frees the model, and ends the thread. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#call("dispose", () => null, {}).catch(() => {}); // a thread that is gone has nothing to free
    this.#worker.ref();
    await this.#exited;
  }

  #receive(message: FromCompute): void {
    const pending = "id" in message ? this.#pending.get(message.id) : undefined;
    if (message.type === "warning") this.#warn(message.message);
    else if (message.type === "event") pending?.onProgress?.(message.event as never);
    else if (message.type === "answer") pending?.resolve(message.answer);
    else pending?.reject(fromWire(message.error));
  }

  #end(how: string, cause?: Error): void {
    this.#ended ??= new LibbertError("ERR_RUNTIME", `The compute thread ${how}`, { cause });
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
  }
}

function fromWire({ message, code, option, stack }: WireError): Error {
  const error = code ? new LibbertError(code, message, { option }) : new Error(message);
  if (stack) error.stack = stack; // where it happened is more use than where it arrived
  return error;
}

/** One request in a session of its own, which ends with it. */
export async function requestOnce<Kind extends RequestKind>(
  kind: Kind,
  toArguments: (toWire: ToWire) => Requests[Kind]["arguments"],
  options: CallOptions<Kind> = {},
): Promise<Requests[Kind]["answer"]> {
  const session = new ComputeSession();
  try {
    return await session.request(kind, toArguments, options);
  } finally {
    await session.close();
  }
}
