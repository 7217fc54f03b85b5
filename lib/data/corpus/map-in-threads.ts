import { parentPort, type TransferListItem, Worker } from "node:worker_threads";
import { type ErrorCode, LibbertError } from "../../errors.js";
import { usableProcessors } from "../../runtime/processors.js";

/** What a thread sends back. An error that is not ours ends the thread, which tells it by itself. */
type Reply<Answer> = { answer: Answer } | { error: { code: ErrorCode; message: string; option?: string } };

/** How many questions a thread has at a time: one that it works on, one so that it need not wait. */
const QUESTIONS_PER_THREAD = 2;

/**
 * Lets threads, as many as there are cores, answer a stream of questions. The answers come in the order of the
 * questions, and no more questions are asked for than can be worked on, so that memory stays flat.
 *
 * @param module what a thread runs; it calls `answerQuestions`
 * @param options.settings what the module finds in `workerData`
 * @param options.transfer the buffers of a question to hand over instead of copying
 * @throws LibbertError that a thread threw, or the signal's reason
 */
export async function* mapInThreads<Question, Answer>(
  module: URL,
  questions: AsyncIterable<Question>,
  options: { settings: unknown; transfer: (question: Question) => TransferListItem[]; signal?: AbortSignal },
): AsyncGenerator<{ question: Question; answer: Answer }> {
  const { settings, transfer, signal } = options;
  const count = usableProcessors();
  const threads: Thread<Question, Answer>[] = [];
  const underWay: { question: Question; answer: Promise<Answer> }[] = [];
  const oldest = async () => {
    const { question, answer } = underWay.shift()!;
    return { question, answer: await answer };
  };

  let asked = 0;
  try {
    for await (const question of questions) {
      signal?.throwIfAborted();
      if (underWay.length === count * QUESTIONS_PER_THREAD) yield await oldest();
      const turn = asked++ % count;
      threads[turn] ??= new Thread(module, settings);
      underWay.push({ question, answer: threads[turn].ask(question, transfer(question)) });
    }
    while (underWay.length > 0) {
      signal?.throwIfAborted();
      yield await oldest();
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

class Thread<Question, Answer> {
  readonly #worker: Worker;
  readonly #pending: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];

  constructor(module: URL, workerData: unknown) {
    this.#worker = new Worker(module, { workerData });
    this.#worker.on("message", (reply: Reply<Answer>) => {
      const { resolve, reject } = this.#pending.shift()!;
      if ("answer" in reply) resolve(reply.answer);
      else reject(new LibbertError(reply.error.code, reply.error.message, { option: reply.error.option }));
    });
    this.#worker.on("error", (error) => {
      for (const { reject } of this.#pending) reject(error);
    });
  }

  ask(question: Question, transfer: TransferListItem[]): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.push({ resolve, reject });
    });
    answer.catch(() => {}); // whoever awaits it hears of it; nobody does when an earlier question fails
    this.#worker.postMessage(question, transfer);
    return answer;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** A thread's side of `mapInThreads`: answers questions for as long as they come. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer): void {
  const port = parentPort!;
  port.on("message", (question: Question) => port.postMessage(reply(() => answer(question))));
}

function reply<Answer>(work: () => Answer): Reply<Answer> {
  try {
    return { answer: work() };
  } catch (error) {
    if (!(error instanceof LibbertError)) throw error;
    const { code, message, option } = error;
    return { error: { code, message, option } };
  }
}
