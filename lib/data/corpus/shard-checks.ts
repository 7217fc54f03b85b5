import { Worker } from "node:worker_threads";
import { threadFile } from "../../thread-file.js";
import type { CheckedShard } from "./shard-check.js";

/** Less is checked where it is needed, before a thread has started. */
const WORTH_A_THREAD = 1 << 26; // bytes

/**
 * Checks shards in a thread of its own, one after the other, while training goes on. One that is needed before its turn
 * is checked by the thread that needs it.
 */
export class ShardChecks implements AsyncDisposable {
  readonly #worker: Worker | undefined;

  constructor(shards: readonly CheckedShard[]) {
    const bytes = shards.reduce((sum, { ids: [start, end] }) => sum + end - start, 0);
    if (bytes < WORTH_A_THREAD) return;
    const url = threadFile("check-shards-thread.js", import.meta.url);
    this.#worker = new Worker(url, { execArgv: [], workerData: shards });
    this.#worker.on("error", () => {}); // what it has not checked is checked elsewhere
    this.#worker.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}
